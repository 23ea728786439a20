"""Indexes on BotZilla's tables of people, built while it keeps writing.

The script for a DBA has one part after its COMMIT, so that what 0004 builds is printed here, too;
building twice what is there does nothing.
"""

from migrations.running import run_concurrently

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """See the texts."""
    run_concurrently(
        "0004_indexes_on_existing_tables.up.sql", "0006_indexes_on_people.up.sql", last=True
    )


def downgrade() -> None:
    """See the text."""
    run_concurrently("0006_indexes_on_people.down.sql", last=True)
