"""Documents that were read and cannot be decided on, so that one of them stops nothing."""

from migrations.running import run, undo

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """See the text."""
    run("0009_set_aside.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
