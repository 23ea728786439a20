"""Whatever happens to jobs: every alert about a job is in its story exactly once, as it stands,
with the person it is for; and the story holds nothing of the customer or the price.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.audit.reading import read_story
from bot.audit.story import Entry, Story, Told
from bot.delivery.outbox import claim, record, take_back
from bot.delivery.relevance import Drop
from bot.delivery.verdict import Again, Delivered, Held, Unknown
from bot.views import facts
from bot.views.buttons import WhyButton
from bot.views.fate import fate
from bot.views.language import Words
from bot.views.message import LIMIT, plain, units
from bot.views.why import why_message, why_text
from sync.model.alerts import Because, Reason
from sync.model.states import State
from sync.postgres.pool import Connection, connect
from sync.reconcile.bounces import record_refusal, revive
from tests.mirror import Town
from tests.thorough import examples

JOBS, UNLINKED = (1, 2), 11
STATES = [*map(str, State), "On Hold"]
CREWS = st.lists(st.sampled_from([7, 8, 9, UNLINKED]), max_size=2, unique=True)
SECRETS = ("555-0142", "Elm St", "Pat Customer", "12500", "12,500")
Step: TypeAlias = Callable[[Town], Coroutine[Any, Any, None]]
REST = timedelta(seconds=30)
VERDICTS = (
    Delivered(1, 1),
    Unknown(),
    Drop(Because.DONE),
    Again(REST),
    Again(REST, lane=True, failure=False),
    Held(Because.TOKEN_REFUSED, REST),
    Reason.BOT_BLOCKED,
)


def shown(job: int, state: str, crew: list[int]) -> Step:
    async def step(town: Town) -> None:
        await town.job(job, state, assignedCrew=crew)
        await town.decide()

    return step


def sold(job: int, status: str, branch: int) -> Step:
    async def step(town: Town) -> None:
        await town.estimate(100 + job, status, branch=branch, final_price=12500)
        await town.decide()

    return step


def existence(job: int, state: str) -> Step:
    async def step(town: Town) -> None:
        if ("jobs", job) in town._documents:
            await town.state("jobs", job, state)
            await town.decide()

    return step


def roles(user: int, leads: bool) -> Step:
    async def step(town: Town) -> None:
        await town.put("users", user, roles=[1 if leads else 2])
        await town.decide()

    return step


def standing(table: str, values: str) -> Step:
    async def step(town: Town) -> None:
        await town.connection.execute(f'UPDATE botzilla."{table}" SET {values}')
        await town.decide()

    return step


def sent(verdict: Any) -> Step:
    """What is due meets this verdict."""

    async def step(town: Town) -> None:
        claimed = await claim(town.connection, 50, uuid4())
        for alert in claimed:
            if isinstance(verdict, Reason):
                await record_refusal(
                    town.connection, alert.id, alert.lease_token, verdict, operators=()
                )
            else:
                await record(town.connection, alert.id, alert.lease_token, verdict)
        await take_back(town.connection)

    return step


async def unblocked(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.telegram_chat")
    await revive(town.connection)


LIVES = st.lists(
    st.one_of(
        st.builds(shown, st.sampled_from(JOBS), st.sampled_from(STATES), CREWS),
        st.builds(shown, st.sampled_from(JOBS), st.sampled_from(STATES[:4]), CREWS),
        st.builds(
            sold, st.sampled_from(JOBS), st.sampled_from(["Sold", "Lost"]), st.sampled_from([1, 2])
        ),
        st.builds(existence, st.sampled_from(JOBS), st.sampled_from(["gone", "present"])),
        st.builds(roles, st.sampled_from([7, 8]), st.booleans()),
        st.builds(
            standing,
            st.just("employee"),
            st.sampled_from(["status = 'inactive'", "status = 'active'"]),
        ),
        st.builds(
            standing,
            st.just("user"),
            st.sampled_from(["telegram_id = NULL", "telegram_id = '101'"]),
        ),
        st.builds(sent, st.sampled_from(VERDICTS)),
        st.just(unblocked),
    ),
    min_size=4,
    max_size=25,
)


@dataclass(frozen=True)
class World:
    """One database for all lives, emptied before each."""

    url: str

    async def live(self, life: list[Step]) -> None:
        connection = await connect(self.url)
        try:
            await connection.execute(_EMPTY)
            town = await Town.build(connection)
            await town.put("branches", 2, name="Nowhere")
            await town.put("users", UNLINKED, name="Nobody Known", roles=[1])
            await town.company.manager(branch=1, telegram_id=" 103 ")
            for step in life:
                await step(town)
            for row in await connection.fetch("SELECT id FROM botzilla.job_sync"):
                await self.check(connection, row["id"])
        finally:
            await connection.close()

    async def check(self, connection: Connection, row: int) -> None:
        story = await read_story(connection, row)
        alerts = await connection.fetch(
            "SELECT id, state FROM botzilla.alert WHERE job_sync_id = $1", row
        )
        seen = told(story)
        own = {alert["id"] for alert in alerts}
        assert Counter(one.id for one in seen if one.id in own) == Counter(own)
        assert {one.id: one.state for one in seen if one.id in own} == {
            alert["id"]: alert["state"] for alert in alerts
        }
        assert len(seen) == len({one.id for one in seen})
        for language in ("en", "es"):
            self.check_words(story, seen, Words(language, ZoneInfo("America/Los_Angeles")))

    def check_words(self, story: Story, seen: list[Told], words: Words) -> None:
        text = why_text(story, words)
        said = Counter(plain(fate(one, words)) for one in seen)
        assert said <= Counter(text.splitlines())
        for one in seen:
            assert (one.name or words.label("Nobody")) in plain(fate(one, words))
        assert not any(secret in text for secret in SECRETS)
        self.check_pages(story, text, words)

    def check_pages(self, story: Story, text: str, words: Words) -> None:
        """Page by page one reads all that the whole holds."""
        read: set[str] = set()
        for number in range(50):
            message = why_message(story, words, number)
            assert units(message.text) <= LIMIT
            read |= set(plain(message.text).splitlines())
            older = WhyButton(number=facts.number(story.job), page=number + 1).pack()
            if older not in str(message.keyboard):
                break
        assert read == set(text.splitlines())


def told(story: Story) -> list[Told]:
    entries = (chapter for chapter in story.chapters if isinstance(chapter, Entry))
    return [one for entry in entries for one in entry.told]


_TABLES = (
    "alert, job_other_change, job_state_change_log, job_sync, attic_tech_document, sync_touched,"
    " sync_cursor, sync_state, attic_tech_branch, attic_tech_person, telegram_chat, crew_member,"
    ' employee, "user", user_branch, branch'
)
_EMPTY = "SET search_path TO botzilla; TRUNCATE " + _TABLES + " RESTART IDENTITY CASCADE"


def test_every_alert_is_told_exactly_once_as_it_stands(database_url):
    world = World(database_url)

    @settings(max_examples=examples(10, 25), deadline=None, phases=[Phase.generate])
    @given(LIVES)
    def lives(life: list[Step]) -> None:
        asyncio.run(world.live(life))

    lives()
