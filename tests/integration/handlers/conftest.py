"""Real updates into the real dispatcher: people with phones, and jobs as the sync leaves them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMyCommands,
    EditMessageText,
    GetMe,
    SendMessage,
    SetMyCommands,
    TelegramMethod,
)
from aiogram.types import InlineKeyboardMarkup, Update, User

from bot.handlers import dispatcher
from bot.views.language import Words
from bot.views.message import plain
from sync.model.states import State, place
from sync.postgres.pool import Connection, Pool

OPERATOR = 900
WORDS = Words("en", ZoneInfo("America/Los_Angeles"))
_OF_MENUS = (SetMyCommands, DeleteMyCommands)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Recorder(BaseSession):
    """Telegram, as far as it takes whatever it is given; `fails` are raised, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[TelegramMethod[Any]] = []
        self.fails: list[TelegramAPIError] = []
        self._ids = count(1000)

    async def make_request(self, bot, method, timeout=None):
        if isinstance(method, GetMe):
            return User(id=1, is_bot=True, first_name="Jobs", username="jobs_bot")
        self.calls.append(method)
        for failure in self.fails:
            if failure.method is type(method):
                self.fails.remove(failure)
                raise failure
        if not isinstance(method, SendMessage):
            return True
        chat = {"id": method.chat_id, "type": "private"}
        sent = {"message_id": next(self._ids), "date": NOW, "chat": chat, "text": method.text}
        return bot_result(bot, method, sent)

    async def close(self) -> None: ...

    async def stream_content(self, *args, **kwargs):
        raise NotImplementedError
        yield b""


def bot_result(bot: Bot, method: TelegramMethod[Any], value: Any) -> Any:
    return method.__returning__.model_validate(value, context={"bot": bot})


@dataclass(slots=True)
class Heard:
    """What came of one update: calls, and beside them those that change the chat's menu."""

    calls: list[TelegramMethod[Any]]
    menus: list[SetMyCommands | DeleteMyCommands] = field(default_factory=list)

    @property
    def sent(self) -> list[SendMessage]:
        return [call for call in self.calls if isinstance(call, SendMessage)]

    @property
    def edits(self) -> list[EditMessageText]:
        return [call for call in self.calls if isinstance(call, EditMessageText)]

    @property
    def answers(self) -> list[str | None]:
        return [call.text for call in self.calls if isinstance(call, AnswerCallbackQuery)]

    @property
    def text(self) -> str:
        """What one reads in the end: the new message, or the old one as it is now."""
        return plain("\n".join(call.text or "" for call in (*self.sent, *self.edits)))

    @property
    def buttons(self) -> dict[str, str]:
        """Callback data by what stands on the button."""
        rows = [
            row
            for call in (*self.sent, *self.edits)
            if isinstance(call.reply_markup, InlineKeyboardMarkup)
            for row in call.reply_markup.inline_keyboard
        ]
        return {b.text: b.callback_data for row in rows for b in row if b.callback_data}


@dataclass(slots=True)
class Phones:
    """Everybody's phone: what somebody sends or taps goes through the real dispatcher."""

    dispatcher: Dispatcher
    bot: Bot
    session: Recorder
    _numbers: count = field(default_factory=lambda: count(1))

    async def says(
        self, who: int, text: str, *, language="en", chat: dict | None = None, **more: Any
    ) -> Heard:
        return await self.feed(message=self._message(who, text, chat, language) | more)

    async def shares(self, who: int, phone: str, *, of: int | None = None, **more: Any) -> Heard:
        """A contact: his own, unless it is `of` somebody else (0: of nobody in Telegram)."""
        contact = {"phone_number": phone, "first_name": "Somebody"}
        if of != 0:
            contact["user_id"] = of or who
        message = {**self._message(who, "", None, "en"), "text": None, "contact": contact}
        return await self.feed(message=message | more)

    async def answers(self, who: int, phone: str, **more: Any) -> Heard:
        """A contact that follows `/link`."""
        await self.says(who, "/link")
        return await self.shares(who, phone, **more)

    async def replies(self, who: int, to: int, text: str, keyboard: Any = None) -> Heard:
        """A text in reply to the bot's message with this id."""
        replied = {
            "message_id": to,
            "date": int(NOW.timestamp()),
            "chat": private(who),
            "from": {"id": 1, "is_bot": True, "first_name": "Jobs"},
            "text": "…",
            "reply_markup": keyboard,
        }
        return await self.says(who, text, reply_to_message=replied)

    async def taps(
        self, who: int, data: str, *, chat: dict | None = None, on: int | None = None
    ) -> Heard:
        """On a message of ours; `on`: the one with this id."""
        below = self._message(1, "Jobs", chat or private(who), "en")
        below["message_id"] = on or below["message_id"]
        return await self.feed(
            callback_query={
                "id": str(next(self._numbers)),
                "from": user(who),
                "chat_instance": "1",
                "message": below,
                "data": data,
            }
        )

    async def feed(self, **event: Any) -> Heard:
        before = len(self.session.calls)
        update = {"update_id": next(self._numbers), **event}
        await self.dispatcher.feed_update(
            self.bot, Update.model_validate(update, context={"bot": self.bot})
        )
        calls = self.session.calls[before:]
        return Heard(
            [call for call in calls if not isinstance(call, _OF_MENUS)],
            [call for call in calls if isinstance(call, _OF_MENUS)],
        )

    def _message(self, who: int, text: str, chat: dict | None, language: str) -> dict:
        length = len(text.split()[0]) if text.startswith("/") else 0
        entity = {"type": "bot_command", "offset": 0, "length": length}
        return {
            "message_id": next(self._numbers),
            "date": int(NOW.timestamp()),
            "chat": chat or private(who),
            "from": user(who, language),
            "text": text,
            "entities": [entity] if length else None,
        }


def user(id: int, language: str = "en") -> dict:
    return {"id": id, "is_bot": False, "first_name": "Somebody", "language_code": language}


def private(id: int) -> dict:
    return {"id": id, "type": "private"}


GROUP = {"id": -100, "type": "supergroup", "title": "Crew"}


@dataclass(slots=True)
class Jobs:
    """Rows of `job_sync` and of the mirror, as a run leaves them."""

    connection: Connection

    async def add(
        self,
        number: int | None = 7,
        *,
        state: str = State.PLANS_IN_PROGRESS,
        leader: int | None = None,
        seller: int | None = None,
        branch: int | None = None,
        crew: tuple[int, ...] = (),
        estimate: int | None = None,
        since: datetime = NOW - timedelta(days=2),
        gone: bool = False,
        known: dict | None = None,
        **facts: Any,
    ) -> int:
        name = facts.pop("name", f"Job Number{number or estimate}")
        data = {
            "job_id": number,
            "estimate_id": estimate,
            "name": name,
            "status": state,
            "customer": "Ana Ruiz",
            "phone": "(619) 555-0142",
            "address": "12 Elm St",
            "city": "San Diego",
            "state": "CA",
            "postal_code": "92101",
            "final_price": 12500,
            "labor_hours": 16,
            **facts,
        }
        if number is not None and crew:
            await self.connection.execute(
                "INSERT INTO botzilla.attic_tech_document (collection, id, fields, refs)"
                " VALUES ('jobs', $1, '{}', $2)",
                number,
                [f"users:{id}" for id in crew],
            )
        return await self.connection.fetchval(
            "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id, job_name,"
            " attic_tech_crew_leader_id, sales_person_id, branch_id, attic_tech_data, known,"
            " status_changed_at, gone_at, job_status_id)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
            " (SELECT id FROM botzilla.job_status WHERE name = $11)) RETURNING id",
            *(number, estimate, name, leader, seller, branch, data),
            {"active": state in list(State)[1:7], "hidden": [], "place": place(state)}
            | (known or {}),
            *(since, NOW if gone else None, state),
        )

    async def move(self, row: int, previous: str | None, state: str, at: datetime = NOW) -> None:
        await self.connection.execute(
            "INSERT INTO botzilla.job_state_change_log (job_sync_id, previous_status_id,"
            " new_status_id, changed_at, change_metadata) VALUES ($1,"
            " (SELECT id FROM botzilla.job_status WHERE name = $2),"
            " (SELECT id FROM botzilla.job_status WHERE name = $3), $4, $5)",
            *(row, previous, state, at, {"previous_status": previous, "new_status": state}),
        )

    async def mirrored(self, id: int, name: str, **fields: Any) -> int:
        """A user of Attic Tech in the mirror; who they are is found with the next link."""
        await self.connection.execute(
            "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
            " VALUES ('users', $1, $2)",
            *(id, {"name": name, **fields}),
        )
        return id

    async def attic_user(self, id: int, employee: int | None, **person: Any) -> int:
        await self.connection.execute(
            "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id,"
            " telegram_id, reason, candidates) VALUES ($1, $2, $3, $4, $5, $6)",
            *(id, person.get("name", "Chris Jordan"), employee, person.get("telegram_id")),
            *(person.get("reason"), person.get("candidates", [])),
        )
        return id


@pytest.fixture
def jobs(connection: Connection) -> Jobs:
    return Jobs(connection)


@pytest.fixture
def phones(pool: Pool) -> Phones:
    session = Recorder()
    bot = Bot("1:token", session=session, default=DefaultBotProperties(parse_mode="HTML"))
    return Phones(dispatcher(pool, (OPERATOR,), WORDS), bot, session)
