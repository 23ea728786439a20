"""Sending: a call is written down before it begins, and what is due is found by an index."""

from migrations.running import run, undo

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """See the text."""
    run("0008_sending.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
