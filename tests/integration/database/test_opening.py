"""The database of a command: only one with the schema that this program needs is opened."""

from pathlib import Path

import pytest

from bot.database import database
from bot.failures import CommandFailed
from bot.settings import Settings
from sync.database.pool import connect
from sync.database.schema import REVISIONS, revision_of
from tests.databases import run_sql


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


async def test_a_database_that_is_away_is_said_to_be() -> None:
    with pytest.raises(CommandFailed, match="does not answer"):
        await _open("postgresql://jobsync@127.0.0.1:1/nothing")


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
