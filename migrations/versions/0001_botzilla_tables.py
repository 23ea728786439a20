"""BotZilla's tables that we meet, only where they are missing."""

from migrations.running import run, undo

revision = "0001"
down_revision = None


def upgrade() -> None:
    """See the text."""
    run("0001_botzilla_tables.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
