"""Answers that show a customer, so that they are taken back from whom he is no business of."""

from migrations.running import run, undo

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """See the text."""
    run("0007_answers.up.sql")


def downgrade() -> None:
    """Remove what this revision created."""
    undo(revision)
