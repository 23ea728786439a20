"""Databases for tests, on whatever server the tests use: made, copied, dropped, dumped."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from sync.postgres.embedded import packaged_binaries

_COPIES_BY_LOG_SINCE = 15


def on_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def run_sql(url: str, script: str) -> None:
    """Run any number of statements on a connection of their own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def create_database(server_url: str, name: str, source: str = "template0") -> None:
    """Make a database, a copy of `source`, to which nobody may be connected."""
    connection = await asyncpg.connect(server_url)
    try:
        # Copying files is faster than logging the copy; before PostgreSQL 15 there is no choice.
        by_log = connection.get_server_version().major >= _COPIES_BY_LOG_SINCE
        strategy = "STRATEGY file_copy" if by_log else ""
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} {strategy}")
    finally:
        await connection.close()


async def fresh_database(server_url: str, source: str) -> AsyncIterator[str]:
    """Yields the URL of a copy of `source`, and drops it afterwards."""
    name = f"jobsync_test_{uuid4().hex[:12]}"
    await create_database(server_url, name, source)
    yield on_database(server_url, name)
    await run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


#: What lets a copy of a database be used again and again: what was in its tables, a function that
#: puts that back, and a note of every change of the schema. It answers false where more than rows
#: changed: the schema, statistics, settings of the database, or a table that has grown large.
_REUSABLE = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.altered ();
CREATE FUNCTION pristine.note() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO pristine.altered DEFAULT VALUES; END $$;
CREATE VIEW pristine.size AS
    SELECT sum(reltuples) AS analysed, sum(pg_total_relation_size(oid)) AS bytes
    FROM pg_class WHERE relnamespace = 'botzilla'::regnamespace AND relkind = 'r';
DO $do$
DECLARE
    one regclass;
    script text;
    filled boolean;
BEGIN
    SELECT format('IF EXISTS (SELECT FROM pristine.altered) OR EXISTS (SELECT FROM'
        ' pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase AND d.datname ='
        ' current_database()) OR (SELECT analysed <> %s OR bytes > %s FROM pristine.size)'
        ' THEN RETURN false; END IF;', analysed, bytes + 1000000)
    INTO script FROM pristine.size;
    FOR one IN SELECT oid FROM pg_class
        WHERE relnamespace = 'botzilla'::regnamespace AND relkind = 'r'
    LOOP
        script := script || format('DELETE FROM %s;', one);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE pristine.%I AS TABLE %s', one::oid, one);
            script := script || format('INSERT INTO %s OVERRIDING SYSTEM VALUE TABLE pristine.%I;',
                one, one::oid);
        END IF;
    END LOOP;
    SELECT script || string_agg(format('PERFORM setval(''%I.%I'', %s, %L);', schemaname,
        sequencename, coalesce(last_value, start_value), last_value IS NOT NULL), '')
    INTO script FROM pg_sequences WHERE schemaname = 'botzilla';
    EXECUTE format('CREATE FUNCTION pristine.again() RETURNS boolean LANGUAGE plpgsql AS %L',
        'BEGIN ' || script || ' RETURN true; END');
END $do$;
CREATE EVENT TRIGGER pristine_note ON ddl_command_end EXECUTE FUNCTION pristine.note();
CREATE EVENT TRIGGER pristine_drop ON sql_drop EXECUTE FUNCTION pristine.note();
"""
_LEAVE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
#: Neither keys nor triggers have a say while rows are put back.
_KEEPING = {"session_replication_role": "replica", "lock_timeout": "5s"}


async def make_reusable(url: str) -> None:
    """Let copies of this database be used by `Copies`."""
    await run_sql(url, _REUSABLE)


class Copies:
    """Copies of a database, each used by one test after the other while only rows change in it.

    To make a copy and drop it costs the server more than most tests do.
    """

    def __init__(self, server_url: str, source: str) -> None:
        self._server_url, self._source = server_url, source
        self._free: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)

    def __enter__(self) -> "Copies":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for url in list(self._free):
            self._runner.run(self._drop(url, self._free.pop(url)))
        self._runner.close()

    def take(self) -> "tuple[str, asyncpg.Connection[asyncpg.Record]]":
        """The URL of a copy as fresh as the first, and who cleans it; `give_back` them."""
        return self._free.popitem() if self._free else self._runner.run(self._make())

    def give_back(self, url: str, keeper: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Clean the copy for the next test, or drop it."""
        if self._runner.run(self._cleaned(keeper)):
            self._free[url] = keeper
        else:
            self._runner.run(self._drop(url, keeper))

    async def _make(self) -> "tuple[str, asyncpg.Connection[asyncpg.Record]]":
        name = f"jobsync_test_{uuid4().hex[:12]}"
        await create_database(self._server_url, name, self._source)
        url = on_database(self._server_url, name)
        return url, await asyncpg.connect(url, server_settings=_KEEPING)

    async def _cleaned(self, keeper: "asyncpg.Connection[asyncpg.Record]") -> bool:
        try:
            await keeper.execute(_LEAVE)
            return bool(await keeper.fetchval("SELECT pristine.again()"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False  # a test may end every connection, and change whatever it likes

    async def _drop(self, url: str, keeper: "asyncpg.Connection[asyncpg.Record]") -> None:
        keeper.terminate()
        name = urlsplit(url).path.removeprefix("/")
        await run_sql(self._server_url, f"DROP DATABASE {name} WITH (FORCE)")


def dump(url: str, *more: str) -> str:
    """The schema `botzilla` with its rows as pg_dump writes it, without what differs each time.

    Sequences are left out, since numbers that were drawn are not given back, and rows are sorted.
    """
    written = subprocess.run(
        [packaged_binaries() / "pg_dump", "--schema=botzilla", "--inserts", *more, url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    passing = re.compile(r"^(\\(un)?restrict|SELECT pg_catalog\.setval|--|SET|$)")
    lines = [line for line in written.splitlines() if not passing.match(line)]
    return "\n".join(sorted(lines, key=lambda line: line if line.startswith("INSERT") else ""))


def psql(url: str, script: str, *more: str) -> subprocess.CompletedProcess[str]:
    """What psql says to the script."""
    return subprocess.run(
        [packaged_binaries() / "psql", "--no-psqlrc", "--quiet", *more, "--file=-", url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
