"""Alembic's environment: runs the revisions on a connection of ours, or prints them.

One command at a time migrates in the whole installation (an advisory lock, held until the
connection closes), and each revision is a transaction of its own.
"""

from alembic import context

from migrations.running import (
    BOOKKEEPING,
    VERSION_SCHEMA,
    VERSION_TABLE,
    execute,
    take_turn,
    text_of,
)


def _print() -> None:
    context.configure(
        dialect_name="postgresql", version_table=VERSION_TABLE, version_table_schema=VERSION_SCHEMA
    )
    with context.begin_transaction():
        print_out = context.get_context().impl.static_output
        print_out(text_of("0000_only_once.sql"))
        print_out(text_of(BOOKKEEPING))
        context.run_migrations()


def _run() -> None:
    connection = context.config.attributes["connection"]
    take_turn(connection)
    execute(connection, text_of(BOOKKEEPING))
    context.configure(
        connection=connection,
        transaction_per_migration=True,
        version_table=VERSION_TABLE,
        version_table_schema=VERSION_SCHEMA,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _print()
else:
    _run()
