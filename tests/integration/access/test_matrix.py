"""The authorization matrix: everybody times every command and every button, by real updates.

Nothing passes that the table does not allow: no word about a job or a person whom the reader has no
right to in any call, no row changed, and every tap is answered. Everything passes that it allows.
Examples stand in `examples.py`, who may what a second time in `may.py`, the people in `world.py`.
"""

import re
from contextlib import suppress

import pytest
from aiogram.methods import AnswerCallbackQuery, DeleteMyCommands, SetMyCommands, TelegramMethod

from bot import access
from bot.handlers import COMMANDS, frame
from bot.people.identity import Role
from sync.postgres.pool import Connection
from tests.integration.access import examples, may
from tests.integration.access.examples import Example
from tests.integration.access.world import (
    CALLERS,
    OUTSIDERS,
    STAFF,
    Caller,
    World,
    build,
)
from tests.integration.handlers.conftest import Heard, Phones

NOT_PERMITTED = "That is not for your role. /help shows what you can ask me."
OUT_OF_DATE = "This button is out of date. Send the command again."
NOT_YOURS = "This button is not for you."
UNKNOWN = re.compile(
    r"I do not know you yet\.|This Telegram account belongs to|I cannot tell who you are"
    r"|You are registered and wait|You are linked, but"
)
#: What is answered where a thing is none of his, or none at all.
NONE_OF_HIS = re.compile(
    r"There is no job|No job that you can see|None of your people|This button is|Send /sync, or"
    r"|This person |Among your people|Only an operator"
)
CALLS_FOR = {caller.telegram_id: caller for caller in CALLERS.values()}


@pytest.fixture
async def world(connection: Connection) -> World:
    return await build(connection)


def may_use(caller: Caller, what: str) -> bool:
    """By hand."""
    table = may.SAY if what.startswith("/") else may.TAP
    return any(what.strip("/:") in table[role] for role in caller.roles or {None})


async def rows(connection: Connection) -> dict[str, str]:
    """What stands in each table of BotZilla's and ours."""
    tables = await connection.fetch(
        "SELECT relname AS name FROM pg_class"
        " WHERE relnamespace = 'botzilla'::regnamespace AND relkind = 'r'"
    )
    each = (
        f"SELECT '{t['name']}' AS name, md5(string_agg(row::text, '|' ORDER BY row::text)) AS rows"
        f' FROM botzilla."{t["name"]}" row'
        for t in tables
    )
    return {r["name"]: r["rows"] for r in await connection.fetch(" UNION ALL ".join(each))}


def leaks(heard: Heard, world: World, caller: Caller) -> set[str]:
    """Words that reach somebody who has no right to them: the caller, or the owner of a chat."""
    found: set[str] = set()
    for call in heard.calls:
        chat = getattr(call, "chat_id", None)
        reader = CALLS_FOR.get(chat) if isinstance(chat, int) else caller
        found |= world.leaks(repr(call), reader)
    return found


def said(heard: Heard) -> list[TelegramMethod]:
    """What was done in chats; menus are brought up to date whatever somebody sends."""
    return [c for c in heard.calls if not isinstance(c, SetMyCommands | DeleteMyCommands)]


def is_refused(heard: Heard, caller: Caller, what: str) -> bool:
    """It got the one answer of what is not for his role, and nothing else happened."""
    if not what.startswith("/"):
        refusal = OUT_OF_DATE if caller.roles else NOT_YOURS
        return heard.answers == [refusal] and len(said(heard)) == 1
    known = heard.text == NOT_PERMITTED if caller.roles else UNKNOWN.match(heard.text)
    return bool(known) and len(said(heard)) == 1


def is_served(heard: Heard) -> bool:
    words = [heard.text, *(answer for answer in heard.answers if answer)]
    return any(words) and not any(NONE_OF_HIS.match(word) for word in words)


class Trial:
    """Somebody does something, and what came of it is compared with what may."""

    def __init__(self, phones: Phones, world: World, connection: Connection) -> None:
        self.phones, self.world, self.connection = phones, world, connection
        self._rows: dict[str, str] = {}

    async def of(self, caller: Caller, what: str, example: Example) -> None:
        about = (caller.key, what, example.name)
        before = self._rows or await rows(self.connection)
        heard = await example.done(self.phones, caller.telegram_id, self.world)
        self._rows = after = await rows(self.connection)
        changed = {table for table in after if after[table] != before[table]}
        # What he himself wrote may be said to him.
        known = [str(example.text), *(example.tells if example.serves(caller) else ())]
        told = leaks(heard, self.world, caller)
        assert not {word for word in told if not any(word in own for own in known)}, about
        if example.data:
            assert len(heard.answers) == 1, about
        if not may_use(caller, what):
            assert is_refused(heard, caller, what), (*about, heard.text, heard.answers)
            assert changed <= examples.CHAT, about
            return
        assert changed <= example.writes, about
        if not example.serves(caller):
            assert not is_served(heard), (*about, heard.text, heard.answers)
            assert changed <= examples.ATTEMPT, (*about, changed)
        elif what.strip("/:") not in may.SAY[None] | may.TAP[None]:
            assert is_served(heard), (*about, heard.text, heard.answers)


@pytest.fixture
def trial(phones: Phones, world: World, connection: Connection) -> Trial:
    return Trial(phones, world, connection)


NAMES = [f"/{name}" for name in examples.COMMANDS] + [f"{name}:" for name in examples.BUTTONS]
EFFECTS = [(what, example) for what, example in examples.everything() if example.changes]


def named(value: object) -> str | None:
    return value.name if isinstance(value, Example) else None


@pytest.mark.parametrize("what", NAMES)
async def test_what_only_shows_shows_nothing_that_is_not_ones_own(trial: Trial, what: str) -> None:
    for of, example in examples.everything():
        if of == what and not example.changes:
            for caller in CALLERS.values():
                await trial.of(caller, what, example)


@pytest.mark.parametrize(("what", "example"), EFFECTS, ids=named)
async def test_what_has_an_effect_has_it_for_whose_it_is_only(
    trial: Trial, what: str, example: Example
) -> None:
    """Who may not tries first, so that what the others change is not what stops him."""

    def place(caller: Caller) -> tuple[bool, bool]:
        return may_use(caller, what), example.serves(caller)

    for caller in sorted(CALLERS.values(), key=place):
        await trial.of(caller, what, example)


@pytest.mark.parametrize(("what", "example"), EFFECTS, ids=named)
async def test_an_effect_is_one_for_those_who_may(
    trial: Trial, what: str, example: Example
) -> None:
    """Else the matrix would try what does nothing."""
    served = [c for c in STAFF if may_use(c, what) and example.serves(c)]
    before = await rows(trial.connection)
    for caller in served:
        await example.done(trial.phones, caller.telegram_id, trial.world)
    # A code that nobody made, a contact of somebody known: recorded or not, it links nobody.
    assert await rows(trial.connection) != before or not served or what in ("/start", "/link")


def test_the_hand_written_matrix_and_the_table_say_the_same() -> None:
    for role in (*Role, None):
        assert may.SAY[role] == {n for n, who in access.COMMANDS.items() if role in who}, role
        assert may.TAP[role] == {n for n, who in access.BUTTONS.items() if role in who}, role
    for role in Role:
        assert may.SEE[role] == {n for n, who in access.FIELDS.items() if role in who}, role
    for caller in access.Caller:
        routes = {f"{m} {path}" for (m, path), who in access.ROUTES.items() if who is caller}
        assert may.CALL[caller] == routes, caller


def test_there_is_an_example_of_everything() -> None:
    for known, said, what in (
        ({command.name for command in COMMANDS}, set(examples.COMMANDS), "COMMANDS"),
        ({kind.__prefix__ for kind in frame.buttons()}, set(examples.BUTTONS), "BUTTONS"),
    ):
        assert known == said, (
            f"Add an example of {sorted(known - said)} to {what} in"
            f" tests/integration/access/examples.py, and take {sorted(said - known)} out of it."
        )


def test_there_is_somebody_with_every_role_and_every_way_to_have_none() -> None:
    assert {role for caller in STAFF for role in caller.roles} == set(Role)
    assert any(len(caller.roles) > 1 for caller in STAFF)
    assert len(OUTSIDERS) == 12


async def test_everybody_is_who_the_matrix_takes_him_for(phones: Phones, world: World) -> None:
    for caller in CALLERS.values():
        heard = await phones.says(caller.telegram_id, "/help")
        own = {name for role in caller.roles for name in may.SAY[role]}
        assert {c.command for menu in heard.menus for c in menu.commands} == own, caller.key
        assert all(menu.scope.chat_id == caller.telegram_id for menu in heard.menus)


async def test_what_is_his_is_really_shown_to_him(phones: Phones, world: World) -> None:
    """Else a bot that says nothing would pass."""
    for caller in STAFF:
        for number in caller.jobs:
            heard = await phones.says(caller.telegram_id, f"/job {number}")
            shown = {word for word in world.secrets if word in heard.text}
            assert {f"Casa{number}x", f"Olmo{number}x", f"555-01{number}"} <= shown
            assert (f"12,5{number}" in shown) is (number in caller.priced), (caller.key, number)


@pytest.mark.parametrize("prefix", list(examples.BUTTONS))
async def test_forged_data_does_nothing_more_than_real_data(
    trial: Trial, world: World, prefix: str
) -> None:
    real = [e.data(world).pack() for e in examples.BUTTONS[prefix] if e.data]
    allowed = frozenset().union(*(e.writes for e in examples.BUTTONS[prefix]))
    # Two from which no button can be read differ in nothing that anybody reads.
    tried = forge(real[-1]) | {data for data in forge(real[0]) if is_readable(data)}
    before = await rows(trial.connection)
    for caller in (CALLERS[key] for key in ("manager", "leader", "crew", "stranger", "leaver")):
        for data in sorted(tried):
            heard = await trial.phones.taps(caller.telegram_id, data)
            after = await rows(trial.connection)
            changed = {table for table in after if after[table] != before[table]}
            before, about = after, (caller.key, data)
            assert [type(c) for c in heard.calls].count(AnswerCallbackQuery) == 1, about
            assert not leaks(heard, world, caller), about
            assert changed <= (allowed if may_use(caller, f"{prefix}:") else examples.CHAT), about
            if not may_use(caller, f"{prefix}:") or data.partition(":")[0] != prefix:
                assert is_refused(heard, caller, f"{prefix}:"), about


def is_readable(data: str) -> bool:
    """Some button of ours can be read from it."""
    for kind in frame.buttons():
        with suppress(TypeError, ValueError):
            kind.unpack(data)
            return True
    return False


def forge(data: str) -> set[str]:
    """Data that is nearly right: a field too few, too many, or of another kind."""
    prefix, *fields = data.split(":")
    forged = {prefix, f"{prefix}:", data + ":", data + ":1", f" {data}", data.upper(), f"x{data}"}
    for at in range(len(fields)):
        for value in ("", "-1", "0", "x", "é", "9" * 19, "1 OR 1=1", "%", "７", "None"):
            other = ":".join((prefix, *fields[:at], value, *fields[at + 1 :]))
            forged |= {other} if len(other.encode()) <= 64 else set()
        forged.add(":".join((prefix, *fields[:at], *fields[at + 1 :])))
    return forged - {data}
