"""No delivered message shows a customer to somebody whose job it is not, for longer than the next
sweep that Telegram lets through: whatever happens to jobs, people, calls and our own books.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import EditMessageText
from aiogram.types import Chat, Message
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.delivery.clearing import Clearing
from bot.delivery.pacing import Limits, Pacing
from bot.views.language import Words
from sync.database.pool import connect, open_pool

CHRIS, ANA = 7, 8
JOBS, LEADERS = (1, 2, 3), (CHRIS, ANA)
PHONES = {CHRIS: 102, ANA: 103}
RCL = "Requires Crew Lead"
ANSWERS = ("taken", "taken", "taken", "429", "502", "lost", "blocked")


class Telegram:
    """What stands on the phones: a message shows a customer until it is changed."""

    def __init__(self) -> None:
        self.shows: dict[int, bool] = {}
        self.answers: list[str] = []

    async def edit_message_text(self, text: str, *, chat_id: int, message_id: int, **_: Any) -> Any:
        answer = self.answers.pop(0) if self.answers else "taken"
        method = EditMessageText(text=text, chat_id=chat_id, message_id=message_id)
        match answer:
            case "429":
                raise TelegramRetryAfter(method, "Flood control", retry_after=0)
            case "502":
                raise TelegramServerError(method, "Bad Gateway")
            case "blocked":
                raise TelegramForbiddenError(method, "Forbidden: bot was blocked by the user")
        self.shows[message_id] = False
        if answer == "lost":
            raise TimeoutError
        chat = Chat(id=chat_id, type="private")
        return Message(message_id=message_id, date=datetime.now(UTC), chat=chat)


class Messages(RuleBasedStateMachine):
    """Jobs change hands, people come and go, messages arrive, and now and then somebody sweeps."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.connection = self.run(connect(self.url))
        self.pool = self.run(open_pool(self.url))
        self.telegram, self.numbers = Telegram(), count(1)
        self.of: dict[int, tuple[int, int]] = {}  # message -> job, reader
        for table in ("alert", "job_sync", "attic_tech_person", "telegram_chat", "employee"):
            self.execute(f"TRUNCATE botzilla.{table} RESTART IDENTITY CASCADE")
        self.clearing = self.begin()

    def begin(self) -> Clearing:
        words = Words("en", ZoneInfo("America/Los_Angeles"))
        pacing = Pacing(Limits(overall=0.0001, chat=0.0001, group=0.0001))
        return Clearing(self.telegram, self.pool, pacing, words, doubt=0)  # type: ignore[arg-type]

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(doing)

    def execute(self, statement: str, *values: Any) -> None:
        self.run(self.connection.execute(statement, *values))

    # ---- what happens -------------------------------------------------------------------------

    @initialize()
    def there_is_a_company(self) -> None:
        self.execute(
            "INSERT INTO botzilla.job_status (name) VALUES ($1) ON CONFLICT DO NOTHING", RCL
        )
        for id in JOBS:
            self.execute(
                "INSERT INTO botzilla.job_sync (id, attic_tech_job_id, attic_tech_crew_leader_id,"
                " known, attic_tech_data) VALUES ($1, $1, $2, '{}', $3)",
                *(id, CHRIS, {"name": "J", "job_id": id}),
            )
        for id in LEADERS:
            self.execute(
                "WITH row AS (INSERT INTO botzilla.employee (first_name, last_name, status, role,"
                " telegram_id, attic_tech_user_id)"
                " VALUES ('X', 'Y', 'active', 'crew_leader', $2, $1) RETURNING id)"
                " INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id,"
                " telegram_id) SELECT $1, 'X', id, $2 FROM row",
                *(id, str(PHONES[id])),
            )

    @rule(job=st.sampled_from(JOBS), leader=st.sampled_from([CHRIS, ANA, None]))
    def a_job_changes_hands(self, job: int, leader: int | None) -> None:
        self.execute(
            "UPDATE botzilla.job_sync SET attic_tech_crew_leader_id = $2 WHERE id = $1", job, leader
        )

    @rule(job=st.sampled_from(JOBS), back=st.booleans(), gone=st.booleans())
    def a_job_moves(self, job: int, back: bool, gone: bool) -> None:
        self.execute(
            "UPDATE botzilla.job_sync SET gone_at = CASE WHEN $3 THEN now() END, job_status_id ="
            " (SELECT id FROM botzilla.job_status WHERE name = $4 AND $2) WHERE id = $1",
            *(job, back, gone, RCL),
        )

    @rule(
        leader=st.sampled_from(LEADERS),
        status=st.sampled_from(["active", "active", "inactive", "pending"]),
        linked=st.sampled_from([True, True, False]),
    )
    def a_person_changes(self, leader: int, status: str, linked: bool) -> None:
        self.execute(
            "UPDATE botzilla.employee SET status = $2, telegram_id = $3"
            " WHERE attic_tech_user_id = $1",
            *(leader, status, str(PHONES[leader]) if linked else None),
        )

    @rule(leader=st.sampled_from(LEADERS), reason=st.sampled_from([None, "inactive", "ambiguous"]))
    def what_the_last_run_found_is_old(self, leader: int, reason: str | None) -> None:
        """Only BotZilla's rows say who somebody is now."""
        self.execute(
            "UPDATE botzilla.attic_tech_person SET reason = $2, telegram_id = '1'"
            " WHERE attic_tech_user_id = $1",
            *(leader, reason),
        )

    @rule(job=st.sampled_from(JOBS), leader=st.sampled_from(LEADERS))
    def a_message_arrives(self, job: int, leader: int) -> None:
        """Perhaps decided when the job was still his."""
        number = next(self.numbers)
        self.telegram.shows[number], self.of[number] = True, (job, leader)
        self.execute(
            "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, state,"
            " chat_id, message_id, event_key)"
            " VALUES ('job_assigned', $1, 'crew_leader', $2, 'delivered', $3, $4, $5)",
            *(job, leader, PHONES[leader], number, str(number)),
        )

    @rule()
    def everybody_lets_the_bot_in(self) -> None:
        self.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")

    @rule(answers=st.lists(st.sampled_from(ANSWERS), max_size=6))
    def it_is_swept(self, answers: list[str]) -> None:
        self.telegram.answers = answers
        before, his = dict(self.telegram.shows), self.his()
        self.sweep()
        changed = {id for id, shown in before.items() if shown and not self.telegram.shows[id]}
        assert not changed & his, "his own message was taken from him"

    @rule()
    def the_sender_dies_and_another_begins(self) -> None:
        self.clearing = self.begin()

    def sweep(self) -> None:
        async def once() -> None:
            for messages in await self.clearing.due(self.connection):
                await self.clearing.clear(messages, asyncio.Event())

        self.run(once())

    # ---- what always holds ----------------------------------------------------------------------

    def his(self) -> set[int]:
        """The messages that their reader may read now."""
        rows = self.run(
            self.connection.fetch(
                "SELECT job.id AS job, person.attic_tech_user_id AS leader FROM botzilla.job_sync"
                " job JOIN botzilla.employee person"
                " ON person.attic_tech_user_id = job.attic_tech_crew_leader_id"
                " WHERE job.gone_at IS NULL AND job.job_status_id IS NULL"
                " AND person.status = 'active' AND person.telegram_id IS NOT NULL"
            )
        )
        pairs = {(row["job"], row["leader"]) for row in rows}
        return {number for number, pair in self.of.items() if pair in pairs}

    @invariant()
    def what_the_books_call_cleared_shows_nothing(self) -> None:
        rows = self.run(
            self.connection.fetch(
                "SELECT message_id FROM botzilla.alert WHERE cleared_at IS NOT NULL"
            )
        )
        assert not any(self.telegram.shows[row["message_id"]] for row in rows)

    def teardown(self) -> None:
        try:
            self.telegram.answers = []
            self.everybody_lets_the_bot_in()
            self.clearing = self.begin()
            for _ in range(20):  # ten of a chat at a time
                self.sweep()
            shown = {number for number, shows in self.telegram.shows.items() if shows}
            assert shown <= self.his(), "somebody still reads what is none of his business"
        finally:
            self.run(self.pool.close())
            self.run(self.connection.close())
            self.runner.close()


def test_nobody_keeps_reading_what_is_not_his_any_more(database_url):
    class Machine(Messages):
        url = database_url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, phases=[Phase.generate]
        ),
    )
