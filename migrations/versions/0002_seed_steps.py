"""The seed's six steps, with the seed's names."""

from migrations.running import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """See the text."""
    run("0002_seed_steps.up.sql")


def downgrade() -> None:
    """See the text."""
    run("0002_seed_steps.down.sql")
