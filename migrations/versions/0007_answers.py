"""Answers that show a customer, so that they are taken back from whom he is no business of."""

from migrations.running import print_concurrently, run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """See the text."""
    run("0007_answers.up.sql")
    print_concurrently("0004_indexes_on_existing_tables.up.sql", "0006_indexes_on_people.up.sql")


def downgrade() -> None:
    """See the text."""
    run("0007_answers.down.sql")
