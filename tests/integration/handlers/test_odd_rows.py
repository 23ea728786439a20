"""BotZilla's rows are not ours. Whatever one of its columns holds, nothing, blanks, or words of
another type: a run decides, commands answer, and who is who is found out as far as it can be.
"""

import asyncio
import traceback
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties

from bot.cli.people import link_people
from bot.handlers import dispatcher
from sync.postgres.pool import Connection, Pool, connect, open_pool
from sync.reconcile import Run, decide
from sync.reconcile.people import Making
from tests.databases import create_database, fresh_database, on_database, run_sql
from tests.integration.handlers.conftest import OPERATOR, WORDS, Phones, Recorder
from tests.mirror import Town, nothing
from tests.scene import Company

PIP, REVIEW = "Plans In Progress", "Pending Review"
TEXTS = (
    *("branch.name", "user_rol.name", "job_status.name"),
    *("employee.first_name", "employee.last_name", "employee.status", "employee.role"),
    *("employee.email", "employee.phone_number", "employee.telegram_id", "employee.nickname"),
    *("crew_member.name", "crew_member.phone", "crew_member.telegram_id"),
    *("sales_person.name", "sales_person.phone", "sales_person.telegram_id"),
    *("user.email", "user.phone", "user.telegram_id"),
)
FLAGS = ("crew_member.is_leader", "sales_person.is_active")
IDS = (
    *("user.rol_id", "employee.branch_id", "employee.attic_tech_user_id"),
    *("crew_member.employee_id", "sales_person.employee_id"),
    *("user_branch.branch_id", "crew_member_branch.branch_id", "sales_person_branch.branch_id"),
    *("crew_member_branch.crew_member_id", "sales_person_branch.sales_person_id"),
)
#: Who says what: a manager, leaders, salespeople, an unjoined crew member, a stranger.
SAID = {
    101: ("/team", "/team or", "/status", "/why 1"),
    102: ("/whoami", "/myjobs", "/job 1"),
    104: ("/whoami",),
    105: ("/whoami",),
    106: ("/myjobs",),
    OPERATOR: ("/status", "/team"),
    999: ("/whoami",),
}
TABLES = sorted({column.partition(".")[0] for column in (*TEXTS, *FLAGS, *IDS)})
#: Without job_status, whose names are unique and into which new states go.
WORDY = sorted({column.partition(".")[0] for column in TEXTS} - {"job_status"})
#: What an enum of Sequelize's allows beside the words that are there.
ALLOWED = {
    "employee.status": {"pending", "active", "inactive", "rejected"},
    "employee.role": {"crew_member", "crew_leader", "salesperson"},
}
#: What forbids in our database what another one may allow: checks, keys, indexes, a view.
HINDRANCES = r"""
SELECT 'DROP VIEW botzilla.v_job_sync_details'
UNION ALL
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', c.conrelid::regclass, c.conname)
FROM unnest($1::text[]) name
JOIN pg_constraint c ON c.conrelid = format('botzilla.%I', name)::regclass
WHERE c.contype IN ('c', 'f') OR c.contype = 'u' AND name <> 'job_status'
    OR c.contype = 'p' AND name LIKE '%\_branch'
UNION ALL
SELECT format('DROP INDEX botzilla.%I', indexname)
FROM pg_indexes WHERE schemaname = 'botzilla' AND indexname LIKE '%\_trimmed'
"""


async def build(connection: Connection) -> Town:
    """A company with everybody in it, joined or not."""
    town = await Town.build(connection, operators=(OPERATOR,))
    orange = await connection.fetchval("SELECT id FROM botzilla.branch")
    await town.company.salesperson("Sal Ortiz", telegram_id="104", branch=orange)
    await town.company.crew_member("Leo Paz", branch=orange, phone="6195550143", telegram_id="105")
    await town.company.sales_person("Sue Alba", branch=orange, telegram_id="106")
    await town.company.employee("Chris Jordan", status="pending", role="crew_member")
    await town.put("users", 10, name="Sal Ortiz", email="sal@example.com", phone="6195550144")
    await town.put("users", 11, name="Leo Paz", roles=[2], phone="6195550143")
    await town.job(1, PIP, assignedCrew=[7, 11])
    await town.decide()
    for (text,) in await connection.fetch(HINDRANCES, TABLES):
        await connection.execute(text)
    return town


async def complaints(town: Town, pool: Pool) -> list[str]:
    """What is amiss after a run with news and a newcomer, in commands, and in joining people."""
    await town.job(1, REVIEW)
    await town.job(2, "A new state", assignedCrew=[8])
    await town.put("users", 12, name="Noa Lima", roles=[2], branches=[1], email="noa@example.com")
    run = Run(1, operators=town.operators, making=Making())
    decided = await decide(town.connection, run, nothing)
    await link_people(town.connection, apply=False)
    session = Recorder()
    bot = Bot("1:token", session=session, default=DefaultBotProperties(parse_mode="HTML"))
    phones = Phones(dispatcher(pool, (OPERATOR,), WORDS), bot, session)
    silent = [
        f"no answer to {text} of {who}"
        for who, texts in SAID.items()
        for text in texts
        if not (await phones.says(who, text)).text
    ]
    return [*silent, *([f"{decided.aside} set aside"] if decided.aside else [])]


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Copies of one town, each of which has something else wrong with it."""

    town: Town
    server_url: str
    source: str

    async def complaints(self, script: str) -> list[str]:
        """What is amiss in a copy on which this was run."""
        async for url in fresh_database(self.server_url, self.source):
            connection, pool = await connect(url), await open_pool(url, size=2)
            town = deepcopy(self.town)
            town.connection, town.company = connection, Company(connection)
            try:
                await connection.execute(script)
                return await complaints(town, pool)
            except Exception as error:
                return [repr(error), *traceback.format_tb(error.__traceback__)[-1:]]
            finally:
                await pool.close()
                await connection.close()
        raise AssertionError


@pytest.fixture(scope="module")
def spoiler(server_url: str, template: str) -> Iterator[Spoiler]:
    source = f"jobsync_odd_{uuid4().hex[:12]}"

    async def make() -> Town:
        await create_database(server_url, source, template)
        connection = await connect(on_database(server_url, source))
        town = await build(connection)
        await connection.close()
        return replace(town, connection=None, company=None)  # type: ignore[arg-type]

    yield Spoiler(asyncio.run(make()), server_url, source)
    asyncio.run(run_sql(server_url, f"DROP DATABASE {source}"))


def quoted(column: str) -> tuple[str, str]:
    table, _, name = column.partition(".")
    return f'botzilla."{table}"', name


def filled(column: str, value: str) -> str:
    table, name = quoted(column)
    return (
        f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL;UPDATE {table} SET {name} = {value}"
    )


def retyped(column: str, type: str, by: str) -> str:
    table, name = quoted(column)
    return (
        f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT;"
        f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {type} USING {name}::{by}::{type}"
    )


def as_enum(column: str) -> str:
    """Its words, and those that it allows, made a type of their own."""
    table, name = quoted(column)
    allowed = ", ".join(f"('{word}')" for word in sorted(ALLOWED.get(column, {"-"})))
    return f"""
    DO $$ BEGIN EXECUTE (
        SELECT 'CREATE TYPE botzilla.words AS ENUM (' || string_agg(quote_literal(word), ',') || ')'
        FROM (SELECT DISTINCT {name}::text FROM {table} UNION VALUES {allowed}) words (word)
        WHERE word IS NOT NULL); END $$;
    {retyped(column, "botzilla.words", "text")}"""


async def failures(
    spoiler: Spoiler, columns: Iterable[str], spoil: Callable[[str], str]
) -> dict[str, list[str]]:
    found = {column: await spoiler.complaints(spoil(column)) for column in columns}
    return {column: amiss for column, amiss in found.items() if amiss}


def of(table: str, columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column.startswith(f"{table}.")]


async def test_nothing_is_amiss_as_it_is(spoiler: Spoiler) -> None:
    assert await spoiler.complaints("SELECT") == []


@pytest.mark.parametrize("table", TABLES)
async def test_any_column_may_be_null(spoiler: Spoiler, table: str) -> None:
    columns = of(table, (*TEXTS, *FLAGS, *IDS))
    assert await failures(spoiler, columns, lambda column: filled(column, "NULL")) == {}


@pytest.mark.parametrize("table", WORDY)
async def test_any_column_of_words_may_be_blank(spoiler: Spoiler, table: str) -> None:
    assert await failures(spoiler, of(table, TEXTS), lambda column: filled(column, "' '")) == {}


@pytest.mark.parametrize("table", WORDY)
async def test_any_column_of_words_may_be_an_enum(spoiler: Spoiler, table: str) -> None:
    """As Sequelize makes them: employee.role of BotZilla's own models is one."""
    assert await failures(spoiler, of(table, TEXTS), as_enum) == {}


async def test_yes_and_no_may_be_numbers_and_ids_of_telegram_too(spoiler: Spoiler) -> None:
    assert await failures(spoiler, FLAGS, lambda c: retyped(c, "integer", "boolean")) == {}
    texts = ("crew_member.telegram_id", "employee.telegram_id", "user.telegram_id")
    assert await failures(spoiler, texts, lambda c: retyped(c, "bigint", "text")) == {}
