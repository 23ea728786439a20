"""Alembic's environment: runs the revisions on the connection that `migrations.command` hands over, or prints them.

One command at a time migrates (an advisory lock), each revision is a transaction of its own, and a lock that BotZilla
holds is waited for two seconds only.
"""

from alembic import context

from migrations.running import VERSION_SCHEMA, VERSION_TABLE

_options = {
    "version_table": VERSION_TABLE,
    "version_table_schema": VERSION_SCHEMA,
    "target_metadata": None,
}

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", transactional_ddl=True, **_options)
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(
        connection=context.config.attributes["connection"],
        transaction_per_migration=True,
        **_options,
    )
    with context.begin_transaction():
        context.run_migrations()
