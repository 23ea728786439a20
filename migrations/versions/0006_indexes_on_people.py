"""Indexes on BotZilla's tables of people, built while it keeps writing."""

from migrations.running import run_concurrently, undo

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """See the text."""
    run_concurrently("0006_indexes_on_people.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
