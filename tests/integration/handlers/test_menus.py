"""Menus of commands: each chat shows what its person may use, and Telegram is called for what
changed only.
"""

import pytest
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import DeleteMyCommands, SetMyCommands

from bot.handlers import COMMANDS
from bot.handlers.frame import Deps
from bot.handlers.menus import Menus
from tests.integration.handlers.conftest import GROUP, OPERATOR, WORDS

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
    return Menus(deps, COMMANDS, clock=lambda: clock[0])


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


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (TelegramForbiddenError(SetMyCommands, "Forbidden"), 60),
        (TelegramRetryAfter(SetMyCommands, "busy", retry_after=300), 300),
    ],
)
async def test_after_a_refusal_all_menus_rest_for_a_while(
    phones, menus, chris, company, clock, error, seconds
):
    await company.leader(telegram_id=str(LOU))
    phones.session.fails.append(error)

    async def changed() -> list[int]:
        before = len(phones.session.calls)
        for who in (CHRIS, LOU):
            await menus.follow(phones.bot, who)
        return [call.scope.chat_id for call in phones.session.calls[before:]]

    tried = []
    for passed in (0, seconds - 1, 1, 0):
        clock[0] += passed
        tried.append(await changed())
    assert tried == [[CHRIS], [], [CHRIS, LOU], []]


async def test_what_changed_beside_us_waits_for_a_word_of_the_person(phones, company, chris):
    """No look at all chats: what somebody may use is asked anew at each command anyway."""
    await phones.says(CHRIS, "hello")
    await company.salesperson("Sam Lee", telegram_id=str(STRANGER))
    (menu,) = (await phones.says(STRANGER, "hello")).menus
    assert menu.scope.chat_id == STRANGER


async def test_a_refusal_costs_the_person_no_answer(phones, chris):
    phones.session.fails.append(TelegramForbiddenError(SetMyCommands, "Forbidden"))
    heard = await phones.says(CHRIS, "/help")
    assert (len(heard.sent), len(heard.menus)) == (1, 1)
    assert (await phones.says(CHRIS, "/help")).menus == []
