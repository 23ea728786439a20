"""Indexes on BotZilla's own tables, built while it keeps writing."""

from migrations.running import run_concurrently, undo

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """See the text."""
    run_concurrently("0004_indexes_on_existing_tables.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
