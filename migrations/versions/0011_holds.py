"""Finds what was told of a mass change, and parts when a collection was compared from what it
had.
"""

from migrations.running import print_concurrently, run, undo

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """See the text."""
    run("0011_holds.up.sql")
    print_concurrently("0004_indexes_on_existing_tables.up.sql", "0006_indexes_on_people.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
