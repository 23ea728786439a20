"""The database of a command: only one with the schema that this program needs is opened."""

from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg.exceptions import TargetServerAttributeNotMatched

from bot.database import current_schema, database, in_words
from bot.failures import CommandFailed, UsageFailed
from bot.settings import Settings
from sync.postgres.pool import connect
from sync.postgres.schema import REVISIONS, revision_of
from sync.postgres.server import Server
from tests.databases import on_database, run_sql


async def _open(url: str) -> str:
    async with database(Settings(_env_file=None, database_url=url)) as opened:
        return opened


async def test_a_current_schema_is_opened(database_url: str) -> None:
    assert await _open(database_url) == database_url


async def test_an_old_schema_is_refused_with_the_command_to_type(empty_database_url: str) -> None:
    with pytest.raises(CommandFailed, match="jobsync migrate up"):
        await _open(empty_database_url)


async def test_a_newer_schema_is_refused(database_url: str) -> None:
    await run_sql(database_url, "UPDATE botzilla.jobsync_version SET version_num = '0099'")
    with pytest.raises(CommandFailed, match="newer than this program"):
        await _open(database_url)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_cannot_hold_every_name_is_refused(
    server_url: str, encoding: str
) -> None:
    name = f"jobsync_test_{uuid4().hex[:12]}"
    await run_sql(
        server_url,
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc"
        " LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    with pytest.raises(CommandFailed, match=f"holds text as {encoding}: .* encoding UTF8"):
        await current_schema(on_database(server_url, name))
    await run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_an_old_postgresql_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def old(_: object) -> Server:
        return Server(13, "UTF8", direct=True)

    monkeypatch.setattr("bot.database.server_of", old)
    with pytest.raises(CommandFailed, match="is PostgreSQL 13: 14 or newer"):
        await _open(database_url)


async def test_a_database_that_is_away_is_said_to_be() -> None:
    with pytest.raises(CommandFailed, match="does not answer"):
        await _open("postgresql://jobsync@127.0.0.1:1/nothing")


async def test_an_option_that_the_client_does_not_know_is_a_setting_to_correct() -> None:
    with pytest.raises(UsageFailed, match=r"^DATABASE_URL is not understood: `sslmode`"):
        await _open("postgresql://jobsync@127.0.0.1:1/nothing?sslmode=bogus")


async def test_a_server_that_only_reads_is_said_to_be(database_url: str) -> None:
    with pytest.raises(CommandFailed, match=r"^No host of DATABASE_URL is a writable server"):
        await _open(f"{database_url}?default_transaction_read_only=on")


def test_a_server_that_was_demoted_meanwhile_is_told_in_the_same_words() -> None:
    demoted = TargetServerAttributeNotMatched("None of the hosts match")
    assert in_words(demoted).startswith("No host of DATABASE_URL is a writable server")
    assert (in_words(OSError("gone")), in_words(TimeoutError())) == ("gone", "TimeoutError")


async def test_where_the_embedded_one_cannot_be_is_named_with_its_setting() -> None:
    settings = Settings(_env_file=None, data_dir=Path("/proc/nowhere"))
    with pytest.raises(CommandFailed, match=r"does not start in DATA_DIR, /proc/nowhere:\n"):
        async with database(settings):
            pass


async def test_without_an_address_the_embedded_one_is_migrated_by_itself(
    cluster_folder: Path,
) -> None:
    settings = Settings(_env_file=None, data_dir=cluster_folder)
    async with database(settings) as url:
        connection = await connect(url)
        assert await revision_of(connection) == REVISIONS[-1]
        await connection.close()
    async with database(settings):
        pass


async def test_an_embedded_one_of_a_newer_program_is_left_alone(cluster_folder: Path) -> None:
    settings = Settings(_env_file=None, data_dir=cluster_folder)
    async with database(settings) as url:
        await run_sql(url, "UPDATE botzilla.jobsync_version SET version_num = '0099'")
    with pytest.raises(CommandFailed, match="newer than this program"):
        async with database(settings):
            pass
