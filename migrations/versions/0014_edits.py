"""Messages are edited because something was decided, not because somebody looks for them."""

from migrations.running import run, undo

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """See the text."""
    run("0014_edits.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
