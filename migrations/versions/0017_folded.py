"""One fold and one digits in SQL, and each job's place among the states beside the job."""

from migrations.running import run

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    """See the text."""
    run("0017_folded.up.sql")


def downgrade() -> None:
    """See the text."""
    run("0017_folded.down.sql")
