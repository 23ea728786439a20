"""Menus of commands: each chat shows what its person may use, and Telegram is called for what
changed only.
"""

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise
from time import monotonic

import pytest
from aiogram.exceptions import TelegramForbiddenError, TelegramNetworkError, TelegramRetryAfter
from aiogram.methods import DeleteMyCommands, SetMyCommands

from bot.commands import COMMANDS
from bot.commands.frame import Deps
from bot.commands.menus import Menus, keep_menus
from bot.watching import Pace
from sync.deciding.company import load_company, refresh_people
from tests.integration.commands.conftest import GROUP, OPERATOR, WORDS
from tests.links import linked, unlinked
from tests.statements import recorded

CHRIS, LOU, STRANGER = 102, 103, 55
LEADER = ["start", "help", "whoami", "myjobs", "job", "status"]


def names(menu) -> list[str]:
    """The commands that a call puts into a menu; every audience has `/link`, too."""
    return [c.command for c in menu.commands if c.command != "link"]


@pytest.fixture
async def chris(company):
    return (await company.leader("Chris Jordan", telegram_id=str(CHRIS))).employee


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def menus(pool, clock) -> Menus:
    deps = Deps(pool, (OPERATOR,), WORDS)
    return Menus(deps, COMMANDS, clock=lambda: clock[0], between_calls=0)


async def kept(connection, telegram_id: int = CHRIS):
    return await connection.fetchval(
        "SELECT menu FROM botzilla.telegram_chat WHERE telegram_id = $1", telegram_id
    )


async def test_the_first_private_update_puts_the_menu_there_and_no_other_calls_again(phones, chris):
    (menu,) = (await phones.says(CHRIS, "hello")).menus
    assert (menu.scope.chat_id, menu.language_code, names(menu)) == (CHRIS, None, LEADER)
    assert (await phones.says(CHRIS, "/myjobs")).menus == []
    assert (await phones.taps(CHRIS, "old")).menus == []


@pytest.mark.parametrize("who", [STRANGER, CHRIS])
async def test_who_is_nobody_has_no_menu_of_his_own(phones, company, who):
    await company.leader(telegram_id=str(CHRIS), status="inactive")
    for text in ("/start", "/help", "hello"):
        assert (await phones.says(who, text)).menus == []


async def test_in_a_group_no_menu_changes(phones, chris):
    assert (await phones.says(CHRIS, "/help", chat=GROUP)).menus == []


async def test_a_menu_follows_the_language(phones, chris):
    await phones.says(CHRIS, "/help", language="en")
    (menu,) = (await phones.says(CHRIS, "/start", language="es")).menus
    assert {c.command: c.description for c in menu.commands}["myjobs"] == "Tus trabajos"
    assert (await phones.says(CHRIS, "/myjobs", language="en")).menus == []


async def test_a_menu_follows_the_roles(phones, company, chris, connection):
    await phones.says(CHRIS, "hello")
    await company.manager(telegram_id=str(CHRIS))
    (menu,) = (await phones.says(CHRIS, "hello")).menus
    assert {"sync", "team"} < set(names(menu))
    await connection.execute('DELETE FROM botzilla."user"')
    (menu,) = (await phones.says(CHRIS, "hello")).menus
    assert names(menu) == LEADER


async def test_whoever_left_loses_his_menu_once(phones, chris, connection):
    await phones.says(CHRIS, "hello")
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    (gone,) = (await phones.says(CHRIS, "hello")).menus
    assert isinstance(gone, DeleteMyCommands)
    assert (gone.scope.chat_id, await kept(connection)) == (CHRIS, None)
    assert (await phones.says(CHRIS, "hello")).menus == []


async def test_who_unlinks_himself_loses_it_with_the_same_tap(phones, chris):
    shown = await phones.says(CHRIS, "/whoami")
    question = await phones.taps(CHRIS, shown.buttons["Unlink this Telegram account"])
    (gone,) = (await phones.taps(CHRIS, question.buttons["Yes, disconnect"])).menus
    assert isinstance(gone, DeleteMyCommands)


async def test_start_renews_it_though_nothing_changed(phones, chris):
    assert len((await phones.says(CHRIS, "/start")).menus) == 1
    assert len((await phones.says(CHRIS, "/start")).menus) == 1
    assert len((await phones.says(CHRIS, "/help")).menus) == 0


async def test_a_refusal_is_tried_again_later_and_later_and_costs_no_answer(
    phones, menus, chris, clock, connection
):
    phones.session.fails += [TelegramForbiddenError(SetMyCommands, "Forbidden")] * 3
    tried = []
    for seconds in (0, 59, 1, 239, 1, 959, 1, 1):
        clock[0] += seconds
        tried.append(await menus.follow(phones.bot, CHRIS))
    assert tried == [True, False, True, False, True, False, True, False]
    assert (await kept(connection))["language"] == "en"


async def test_a_refusal_is_tried_again_after_a_day_at_the_latest(phones, menus, chris, clock):
    phones.session.fails += [TelegramNetworkError(SetMyCommands, "away")] * 20
    for _ in range(20):
        clock[0] += 86_400
        assert await menus.follow(phones.bot, CHRIS)
        assert not await menus.follow(phones.bot, CHRIS)


async def test_while_telegram_is_busy_no_chat_is_tried(phones, menus, chris, company, clock):
    await company.leader(telegram_id=str(LOU))
    phones.session.fails.append(TelegramRetryAfter(SetMyCommands, "busy", retry_after=300))
    assert await menus.follow(phones.bot, CHRIS)
    assert not await menus.follow(phones.bot, LOU)
    clock[0] += 299
    assert not await menus.follow(phones.bot, LOU)
    clock[0] += 1
    assert await menus.follow(phones.bot, LOU)
    assert await menus.follow(phones.bot, CHRIS)


async def test_a_refusal_costs_the_person_no_answer(phones, chris):
    phones.session.fails.append(TelegramForbiddenError(SetMyCommands, "Forbidden"))
    heard = await phones.says(CHRIS, "/help")
    assert (len(heard.sent), len(heard.menus)) == (1, 1)
    assert (await phones.says(CHRIS, "/help")).menus == []


async def look(phones, menus) -> list[tuple[int, bool]]:
    """The chats that a look at all of them changed, and whether to a menu or to none."""
    before = len(phones.session.calls)
    await menus.look(phones.bot)
    return [
        (call.scope.chat_id, isinstance(call, SetMyCommands))
        for call in phones.session.calls[before:]
    ]


async def test_a_look_changes_what_changed_beside_us_and_nothing_else(
    phones, menus, company, chris, connection
):
    await company.leader("Lou Reed", telegram_id=str(LOU))
    for who in (CHRIS, LOU, STRANGER, OPERATOR):
        await phones.says(who, "/start")
    assert await look(phones, menus) == []
    await connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE id = $1", chris
    )
    await company.manager(telegram_id=str(LOU))
    await company.salesperson("Sam Lee", telegram_id=str(STRANGER))
    assert await look(phones, menus) == [(STRANGER, True), (CHRIS, False), (LOU, True)]
    assert await look(phones, menus) == []


async def test_a_look_leaves_blocked_chats_alone(phones, menus, chris, connection):
    await phones.says(CHRIS, "/start")
    await connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = 'bot_blocked'")
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    assert await look(phones, menus) == []
    assert not await menus.follow(phones.bot, CHRIS)
    await connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    assert await look(phones, menus) == [(CHRIS, False)]


async def test_a_look_does_not_insist_where_it_is_refused(phones, menus, chris, clock):
    await phones.says(CHRIS, "hello")
    await menus.deps.pool.execute("UPDATE botzilla.employee SET role = 'salesperson'")
    await menus.deps.pool.execute("DELETE FROM botzilla.crew_member")
    phones.session.fails.append(TelegramForbiddenError(SetMyCommands, "Forbidden"))
    assert await look(phones, menus) == [(CHRIS, True)]
    assert await look(phones, menus) == []
    clock[0] += 60
    assert await look(phones, menus) == [(CHRIS, True)]
    assert await look(phones, menus) == []


async def test_a_look_makes_a_few_calls_a_second(phones, menus, company):
    for number in range(3):
        await company.leader(telegram_id=str(500 + number))
        await phones.says(500 + number, "hello")
    await menus.deps.pool.execute("UPDATE botzilla.employee SET status = 'inactive'")
    menus.between_calls, times = 0.05, []
    original = phones.session.make_request

    async def timed(*arguments, **more):
        times.append(monotonic())
        return await original(*arguments, **more)

    phones.session.make_request = timed
    await menus.look(phones.bot)
    assert len(times) == 3
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(times))


async def test_a_look_at_many_chats_takes_three_statements(connection, company):
    @asynccontextmanager
    async def acquire():
        yield connection

    for number in range(20):
        await company.leader(telegram_id=str(500 + number))
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id) SELECT generate_series(1000, 1300)"
    )
    pool = type("OneConnection", (), {"acquire": staticmethod(acquire)})
    menus = Menus(Deps(pool, (), WORDS), COMMANDS)
    with recorded(connection) as statements:
        await menus.look(None)
        await asyncio.sleep(0)  # asyncpg tells of a statement at the next turn of the loop
    assert len(statements) == 3


@pytest.fixture
def watching(database_url, phones, menus):
    """Looks whenever people change, and otherwise not within the time that a test has."""

    @asynccontextmanager
    async def watch():
        pace = Pace(rest=0.01, look=3600, retry=0.01)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(keep_menus(database_url, phones.bot, menus, pace))
            yield
            task.cancel()

    return watch


async def shown(phones, kind, count: int = 1) -> None:
    """Returns when so many calls of this kind were made."""
    while sum(isinstance(call, kind) for call in phones.session.calls) < count:
        await asyncio.sleep(0.005)


async def test_a_link_and_its_end_are_seen_at_once(phones, watching, company, chris, connection):
    await phones.says(CHRIS, "hello")
    lou = await company.leader("Lou Reed")
    await phones.says(LOU, "/start")
    async with watching():
        await linked(connection, ("employee", lou.employee), LOU)
        await shown(phones, SetMyCommands, 2)
        await unlinked(connection, ("employee", chris))
        await shown(phones, DeleteMyCommands)


async def test_what_a_run_finds_out_about_people_is_seen_at_once(
    phones, watching, company, connection
):
    """Somebody who is blocked in Attic Tech is nobody here."""
    await company.leader("Chris Jordan", telegram_id=str(CHRIS), attic_tech_user_id=70)
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', 70, '{\"name\": \"Chris Jordan\"}')"
    )
    await refresh(connection)
    await phones.says(CHRIS, "hello")
    async with watching():
        await connection.execute(
            "UPDATE botzilla.attic_tech_document SET fields = fields || '{\"isBlocked\": true}'"
        )
        await refresh(connection)
        await shown(phones, DeleteMyCommands)


async def refresh(connection) -> None:
    await refresh_people(connection, await load_company(connection, ()))
