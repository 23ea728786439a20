"""Indexes for lookups in a large company, and how often a run was lost."""

from migrations.running import run, undo

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """See the text."""
    run("0010_lookups.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
