"""Indexes for lookups in a large company, and how often a run was lost."""

from migrations.running import print_concurrently, run

revision = "0010"
down_revision = "0007"


def upgrade() -> None:
    """See the text."""
    run("0010_lookups.up.sql")
    print_concurrently("0004_indexes_on_existing_tables.up.sql", "0006_indexes_on_people.up.sql")


def downgrade() -> None:
    """See the text."""
    run("0010_lookups.down.sql")
