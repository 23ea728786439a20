"""`/sync`: asks for a run, answers at once, and its message follows the run to the end."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
)
from aiogram.methods import EditMessageText

from bot.handlers.sync import Pace, follow_runs
from tests.integration.handlers.conftest import WORDS

MANAGER = 101
HURRY = Pace(rest=0.01, look=0.02, retry=0.01)
ASKED = "Sync\n⏳ Asked for: it begins in a moment."


@pytest.fixture
async def manager(company):
    return await company.manager(telegram_id=str(MANAGER))


@pytest.fixture
def following(database_url, pool, phones):
    """Follows runs within the block."""

    @asynccontextmanager
    async def follow(pace=HURRY):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(follow_runs(database_url, pool, phones.bot, WORDS, pace))
            yield
            task.cancel()

    return follow


async def shown(phones, text: str) -> None:
    """Returns when the message shows `text`."""
    while not any(
        isinstance(call, EditMessageText) and text in call.text for call in phones.session.calls
    ):
        await asyncio.sleep(0.005)


async def runs(connection):
    rows = await connection.fetch("SELECT kind, state FROM botzilla.sync_run ORDER BY id")
    return [tuple(row) for row in rows]


async def advance(connection, state: str, **columns):
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
    await connection.execute(
        f"UPDATE botzilla.sync_run SET state = $1 {', ' + names if names else ''}",
        *(state, *columns.values()),
    )
    await connection.execute("SELECT pg_notify('jobsync_progress', '1')")


async def followed(connection) -> int:
    return await connection.fetchval("SELECT count(*) FROM botzilla.telegram_run_message")


async def test_it_answers_at_once_and_asks_for_a_run(phones, connection, manager):
    assert (await phones.says(MANAGER, "/sync")).text == ASKED
    assert await runs(connection) == [("incremental", "requested")]
    assert await followed(connection) == 1


async def test_full_asks_for_a_full_comparison(phones, connection, manager):
    heard = await phones.says(MANAGER, "/sync FULL")
    assert heard.text.startswith("Full comparison\n")
    assert await runs(connection) == [("full", "requested")]


async def test_what_is_no_kind_of_run_gets_a_hint(phones, connection, manager):
    heard = await phones.says(MANAGER, "/sync everything")
    assert heard.text == "Send /sync, or /sync full to compare everything."
    assert await runs(connection) == []


async def test_who_asks_meanwhile_joins(phones, connection, manager, company):
    await company.manager(telegram_id="102")
    await phones.says(MANAGER, "/sync full")
    await phones.says(102, "/sync")
    assert await runs(connection) == [("full", "requested")]
    assert await followed(connection) == 2


async def test_the_message_shows_progress_and_result(phones, connection, manager, following):
    await phones.says(MANAGER, "/sync")
    async with following():
        await advance(
            connection,
            "running",
            progress={"phase": "reading", "collection": "clients", "done": 500, "total": 2000},
        )
        await shown(phones, "⏳ Reading customers…\n▓▓░░░░░░░░ 500/2,000")
        await advance(connection, "running", progress={"phase": "deciding", "done": 1})
        await shown(phones, "⏳ Comparing jobs…")
        await advance(connection, "succeeded", changes=2, alerts=1)
        await shown(phones, "✅ Done.\n2 changes · 1 alert")
        while await followed(connection):
            await asyncio.sleep(0.005)


async def test_a_run_that_failed_says_why(phones, connection, manager, following):
    await phones.says(MANAGER, "/sync")
    async with following():
        await advance(connection, "failed", error="Attic Tech <5xx> is away.")
        await shown(phones, "❌ It failed.\nAttic Tech &lt;5xx&gt; is away.\nNothing is lost")


async def test_a_message_is_followed_on_after_a_restart(phones, connection, manager, following):
    await phones.says(MANAGER, "/sync")
    async with following():
        await shown(phones, "⏳ Asked for:")
    await advance(connection, "succeeded")
    async with following():
        await shown(phones, "✅ Done.\nNothing new.")


async def test_it_goes_on_when_its_connection_is_lost(phones, connection, manager, following):
    await phones.says(MANAGER, "/sync")
    async with following():
        await shown(phones, "⏳ Asked for:")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await advance(connection, "succeeded")
        await shown(phones, "✅ Done.")


@pytest.mark.parametrize(
    "failure",
    [
        TelegramRetryAfter(EditMessageText, "Too Many Requests", retry_after=0),
        TelegramNetworkError(EditMessageText, "no connection"),
    ],
)
async def test_an_edit_that_failed_is_tried_again(phones, connection, manager, following, failure):
    await phones.says(MANAGER, "/sync")
    await advance(connection, "succeeded")
    phones.session.fails.append(failure)
    async with following():
        await shown(phones, "✅ Done.")
        while await followed(connection):
            await asyncio.sleep(0.005)
    assert not phones.session.fails


@pytest.mark.parametrize(
    "failure",
    [
        TelegramBadRequest(EditMessageText, "Bad Request: message to edit not found"),
        TelegramForbiddenError(EditMessageText, "Forbidden: bot was blocked by the user"),
    ],
)
async def test_a_message_that_is_gone_is_forgotten(phones, connection, manager, following, failure):
    await phones.says(MANAGER, "/sync")
    phones.session.fails.append(failure)
    async with following():
        while await followed(connection):
            await asyncio.sleep(0.005)


async def test_not_modified_is_shown_already(phones, connection, manager, following):
    await phones.says(MANAGER, "/sync")
    phones.session.fails.append(
        TelegramBadRequest(EditMessageText, "Bad Request: message is not modified: the same")
    )
    async with following():
        await shown(phones, "⏳ Asked for:")
        await advance(connection, "succeeded")
        await shown(phones, "✅ Done.")


async def test_everybody_reads_it_in_his_language(phones, connection, manager, following):
    await phones.says(MANAGER, "/start", language="es")
    assert (await phones.says(MANAGER, "/sync")).text.startswith("Sincronización\n⏳ Pedida:")
    async with following():
        await advance(connection, "running", progress={"phase": "reading"})
        await shown(phones, "⏳ Leyendo Attic Tech…")


async def test_a_page_of_a_proxy_in_place_of_an_answer_ends_nothing(
    phones, manager, following, connection
):
    """Telegram's "200 <html>" to the edit of a message is no end of the program."""
    await phones.says(MANAGER, "/sync")
    phones.session.fails.append(HtmlInPlaceOfAnAnswer())
    async with following():
        await advance(connection, "succeeded")
        await forgotten(connection)
    assert phones.session.fails == []


async def test_a_failure_that_nobody_foresaw_is_survived_and_told(
    phones, database_url, pool, manager, connection
):
    await phones.says(MANAGER, "/sync")
    phones.session.fails.append(Unforeseen())
    told = []

    def tell(name: str, trouble: str) -> None:
        told.append((name, trouble))

    async with asyncio.TaskGroup() as group:
        task = group.create_task(follow_runs(database_url, pool, phones.bot, WORDS, HURRY, tell))
        await advance(connection, "succeeded")
        await forgotten(connection)
        task.cancel()
    assert told == [("jobsync_progress", "Unforeseen")]


async def forgotten(connection) -> None:
    """Returns when every message shows the end of its run."""
    while await followed(connection):
        await asyncio.sleep(0.005)


class HtmlInPlaceOfAnAnswer(ClientDecodeError):
    method = EditMessageText

    def __init__(self) -> None:
        super().__init__("Failed to decode object", ValueError("not JSON"), "<html>")


class Unforeseen(UnicodeDecodeError):
    method = EditMessageText

    def __new__(cls) -> "Unforeseen":
        return super().__new__(cls, "utf-8", b"x", 0, 1, "no text")

    def __init__(self) -> None:
        super().__init__("utf-8", b"x", 0, 1, "no text")
