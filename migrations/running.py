"""How a revision runs its SQL text: as it is, through the raw connection, or printed as it is.

asyncpg takes only one statement in a prepared query, and SQLAlchemy would take `:name` in a text for a parameter.
"""

from importlib.resources import files

from alembic import op

VERSION_SCHEMA, VERSION_TABLE = "botzilla", "jobsync_version"


def text_of(file: str) -> str:
    """The text of `migrations/sql/<file>`."""
    return files("migrations").joinpath("sql", file).read_text(encoding="utf-8")


def _execute(text: str) -> None:
    adapted = op.get_bind().connection.dbapi_connection
    assert adapted is not None
    adapted.run_async(lambda connection: connection.execute(text))


def run(file: str) -> None:
    """Run all statements of the file in the revision's transaction."""
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(text_of(file))
        return
    op.get_bind().exec_driver_sql("SET LOCAL lock_timeout = '2s'")  # also begins the transaction
    _execute(text_of(file))


def statements(text: str) -> list[str]:
    """The statements of a text in which each ends with a `;` at the end of a line, outside of `$$ ... $$`."""
    parts: list[str] = []
    for piece in text.split(";\n"):
        if parts and parts[-1].count("$$") % 2:
            parts[-1] += ";\n" + piece
        else:
            parts.append(piece)
    return [part.strip() for part in parts if part.strip()]


def run_concurrently(file: str) -> None:
    """Run the statements of the file one by one outside of any transaction."""
    context = op.get_context()
    with context.autocommit_block():
        if context.as_sql:
            context.impl.static_output(text_of(file))
            return
        for statement in statements(text_of(file)):
            _execute(statement)
