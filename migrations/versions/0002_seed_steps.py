"""The seed's six steps, with the seed's names."""

from migrations.running import run, undo

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """See the text."""
    run("0002_seed_steps.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
