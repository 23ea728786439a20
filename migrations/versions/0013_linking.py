"""Keeps what a link changed, so that it can be undone, and lets an invite be for any row."""

from migrations.running import run, undo

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """See the text."""
    run("0013_linking.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
