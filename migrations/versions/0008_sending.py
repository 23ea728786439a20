"""Sending: a call is written down before it begins, and what is due is found by an index."""

from migrations.running import print_concurrently, run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """See the text."""
    run("0008_sending.up.sql")
    print_concurrently("0004_indexes_on_existing_tables.up.sql", "0006_indexes_on_people.up.sql")


def downgrade() -> None:
    """See the text."""
    run("0008_sending.down.sql")
