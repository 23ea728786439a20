"""Whatever Telegram hands us is done with: no traceback, no flood of rows, and never stuck.

Real updates, as absurd as their types allow, through the real dispatcher over a real database.
"""

import asyncio
import json
from itertools import count
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.types import Update
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.handlers import COMMANDS, dispatcher
from bot.handlers.frame import Deps, buttons
from bot.handlers.speaking import excuser
from bot.people.contact import CONTACTS_A_DAY
from bot.people.invites import TRIES
from bot.telegram.client import batch, loads
from bot.telegram.dispatch import Budgets, Handling, feeder
from bot.telegram.poller import Hand
from sync.postgres.pool import Connection, Pool, connect, open_pool
from tests.integration.handlers.conftest import NOW, WORDS, Jobs, Recorder
from tests.scene import Company
from tests.thorough import examples

MANAGER, LEADER, SELLER, LEAVER, OPERATOR = 101, 102, 103, 104, 900
STRANGERS = (66, 67, 2**52)
EVERYBODY = (MANAGER, LEADER, SELLER, LEAVER, OPERATOR, *STRANGERS)
#: Rows that one stranger may leave in each table.
BOUNDS = {
    "telegram_link_attempt": TRIES + CONTACTS_A_DAY,
    "telegram_chat": 1,
    "telegram_preference": 1,
}

numbers = st.sampled_from([-(2**63), -1, 0, 1, 7, 12, 2**31 - 1, 2**31, 2**63, 10**30])
people = st.sampled_from((MANAGER,) * 4 + EVERYBODY)
odd = st.sampled_from(
    ["", " ", "\x00", "\ud800", "é", "a" * 4096, "<b>", "%s{0}", "٣", "\u202e", "🙂" * 60]
)
texts = st.one_of(st.text(max_size=60), odd, numbers.map(str), st.just("619-555-0142"))
codes = st.one_of(texts, st.just("A" * 32), st.text("ab_-", min_size=30, max_size=34))
names = [command.name for command in COMMANDS]
prefixes = [kind.__prefix__ for kind in buttons()]


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "id": draw(people),
        "is_bot": draw(st.booleans()),
        "first_name": draw(texts),
        "last_name": draw(st.none() | texts),
        "username": draw(st.none() | texts),
        "language_code": draw(st.sampled_from([None, "", "en", "es-MX", "zz", "x" * 40, "e\x00s"])),
    }


chats = st.sampled_from(
    [
        *({"id": id, "type": "private"} for id in EVERYBODY),
        {"id": -100, "type": "group", "title": "Crew"},
        {"id": -1001, "type": "supergroup", "title": "Crew", "is_forum": True},
        {"id": -1002, "type": "channel", "title": "News"},
    ]
)
fields = st.one_of(
    numbers.map(str), st.sampled_from([*"abcelnrsuwx", "e12", "E7", "ask", "sure"]), texts
)


@st.composite
def data(draw: st.DrawFn) -> str:
    parts = draw(st.lists(fields, max_size=5))
    return ":".join([draw(st.sampled_from(prefixes) | texts), *parts])


@st.composite
def keyboards(draw: st.DrawFn) -> dict[str, Any]:
    carried = draw(st.lists(data(), min_size=1, max_size=3))
    return {"inline_keyboard": [[{"text": "x", "callback_data": each}] for each in carried]}


@st.composite
def said(draw: st.DrawFn) -> str:
    command = draw(st.sampled_from([*names, "hoy", "nothing"]))
    return draw(
        st.one_of(
            texts,
            texts.map(lambda text: f"/{command} {text}"),
            codes.map(lambda code: f"/start {code}"),
            codes.map(lambda code: f"https://t.me/jobs_bot?start={code}"),
            st.just(f"/{command.upper()}@jobs_bot"),
            st.just(f"/{command}@another_bot 7"),
        )
    )


@st.composite
def messages(draw: st.DrawFn, *, replies: bool = True) -> dict[str, Any]:
    made = {
        "message_id": draw(st.integers(0, 2**31 - 1)),
        "date": draw(st.sampled_from([0, 1, int(NOW.timestamp()), 2**31 - 1])),
        "chat": draw(chats),
    }
    optional = {
        "from": users(),
        "sender_chat": chats,
        "via_bot": users(),
        "text": said(),
        "caption": said(),
        "contact": contacts(),
        "reply_markup": keyboards(),
        "new_chat_members": st.lists(users(), max_size=2),
        "migrate_to_chat_id": st.just(-100500),
    }
    for name, values in optional.items():
        if draw(st.booleans() if name not in {"from", "text"} else st.integers(0, 9)):
            made[name] = draw(values)
    if "from" in made and draw(st.integers(0, 2)):
        made["chat"] = {"id": made["from"]["id"], "type": "private"}
    if replies and draw(st.booleans()):
        made["reply_to_message"] = draw(messages(replies=False))
    if draw(st.booleans()):
        url = {"type": "text_link", "offset": 0, "length": 1, "url": draw(texts)}
        made["entities"] = [url]
    return made


@st.composite
def contacts(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "phone_number": draw(texts),
        "first_name": draw(texts),
        "user_id": draw(st.none() | people | st.just(2**62)),
        "vcard": draw(st.none() | texts),
    }


@st.composite
def taps(draw: st.DrawFn) -> dict[str, Any]:
    made = {"id": draw(texts), "from": draw(users()), "chat_instance": "1"}
    gone = chats.map(lambda chat: {"chat": chat, "message_id": 5, "date": 0})
    optional = {
        "message": messages() | gone,
        "data": data(),
        "inline_message_id": texts,
        "game_short_name": texts,
    }
    made |= {name: draw(some) for name, some in optional.items() if draw(st.integers(0, 3))}
    if "message" in made and draw(st.integers(0, 2)):
        made["message"]["chat"] = {"id": made["from"]["id"], "type": "private"}
    return made


@st.composite
def standings(draw: st.DrawFn) -> dict[str, Any]:
    us = {"id": 1, "is_bot": True, "first_name": "Jobs"}
    before, after = (
        {"user": us, "status": status}
        for status in draw(st.tuples(*[st.sampled_from(["member", "left", "kicked"])] * 2))
    )
    if after["status"] == "kicked":
        after["until_date"] = 0
    if before["status"] == "kicked":
        before["until_date"] = 0
    return {
        "chat": draw(chats),
        "from": draw(users()),
        "date": 0,
        "old_chat_member": before,
        "new_chat_member": after,
    }


events = st.one_of(
    st.tuples(st.just("message"), messages()),
    st.tuples(st.just("callback_query"), taps()),
    st.tuples(st.just("my_chat_member"), standings()),
    st.tuples(st.sampled_from(["edited_message", "channel_post", "business_message"]), messages()),
)


class Desk:
    """The program, as far as it answers people, with a company behind it."""

    def __init__(self, connection: Connection, pool: Pool) -> None:
        self.connection, self.pool, self.ids = connection, pool, count(1)
        self.bot = Bot("1:a", session=Recorder(), default=DefaultBotProperties(parse_mode="HTML"))
        self.deps = Deps(pool, (OPERATOR,), WORDS)

    async def handles(self, events: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """What was logged with a traceback while all of it was brought to its end."""
        budgets = Budgets(clock=lambda: 0.0)
        dispatched = dispatcher(self.pool, (OPERATOR,), WORDS, budgets)
        handling = Handling(
            feeder(self.bot, dispatched), excuser(self.bot, self.deps), budgets, rest=0.0
        )
        updates = [
            Update.model_validate(
                loads(json.dumps({"update_id": next(self.ids), kind: event})),
                context={"bot": self.bot},
            )
            for kind, event in events
        ]
        hand = Hand(handling)
        with capture_logs() as logs:
            async with asyncio.timeout(30), asyncio.TaskGroup() as group:
                hand.take(batch(updates), asyncio.Event(), group)
        assert hand.idle.is_set()
        return [log for log in logs if log.get("exc_info") or log["log_level"] == "error"]

    async def rows(self) -> dict[str, dict[int, int]]:
        """How many rows each account left."""
        counted = {}
        for table in BOUNDS:
            rows = await self.connection.fetch(
                f"SELECT telegram_id, count(*) AS n FROM botzilla.{table} GROUP BY telegram_id"
            )
            counted[table] = {row["telegram_id"]: row["n"] for row in rows}
        return counted


async def settle(connection: Connection) -> None:
    company, jobs = Company(connection), Jobs(connection)
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id=str(MANAGER))
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await company.salesperson("Sam Lee", telegram_id=str(SELLER))
    await company.employee("Lou Reed", telegram_id=str(LEAVER), status="inactive")
    await jobs.attic_user(7, chris.employee)
    await jobs.add(7, leader=7, branch=orange, estimate=12)


async def begin(database_url: str) -> Desk:
    connection = await connect(database_url)
    await settle(connection)
    return Desk(connection, await open_pool(database_url))


@pytest.mark.timeout(180)
def test_any_updates_are_done_without_traceback_and_with_few_rows(database_url: str) -> None:
    with asyncio.Runner() as runner:
        desk = runner.run(begin(database_url))

        @settings(max_examples=examples(12, 40))
        @given(st.lists(events, min_size=1, max_size=12))
        def handled(drawn: list[tuple[str, dict[str, Any]]]) -> None:
            assert runner.run(desk.handles(drawn)) == []
            rows = runner.run(desk.rows())
            for table, most in BOUNDS.items():
                left = {who: n for who, n in rows[table].items() if who in STRANGERS and n > most}
                assert left == {}, table

        try:
            handled()
        finally:
            runner.run(desk.connection.close())
            runner.run(desk.pool.close())
