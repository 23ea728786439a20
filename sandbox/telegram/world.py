"""Who is there and what was written: accounts, chats, messages as seen now, what was seen when.

Pure bookkeeping: nothing here waits or speaks HTTP. Message ids are counted over all chats, as
Telegram counts them for private chats and small groups.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from sandbox.telegram.errors import bad_request, forbidden
from sandbox.telegram.html import Entity
from sandbox.telegram.keyboards import buttons, keys


class EventKind(StrEnum):
    """What somebody saw or did."""

    MESSAGE = "message"  # the bot wrote
    EDIT = "edit"  # the bot changed what it had written
    DELETE = "delete"  # a message went away
    TOAST = "toast"  # a tap was answered with words, or with none
    SENT = "sent"  # a person wrote
    TAP = "tap"  # a person tapped a button
    MEMBERSHIP = "membership"  # the bot was blocked, unblocked, removed, added; a group moved


@dataclass(slots=True)
class Account:
    """A person's Telegram account, and what he did to the bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    phone_number: str | None = None  # told to nobody but in a contact
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def to_api(self) -> dict[str, Any]:
        """A User."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if value := getattr(self, name):
                user[name] = value
        return user


@dataclass(frozen=True, slots=True)
class Button:
    """A button as a thumb finds it; `number` counts from 1 over the whole keyboard."""

    number: int
    text: str
    data: str | None = None
    url: str | None = None
    copy_text: str | None = None
    sends: Literal["text", "contact"] | None = None  # a key in place of the phone's keyboard


@dataclass(frozen=True, slots=True)
class Message:
    """A message as displayed; an edit makes a new value under the same id."""

    id: int
    chat_id: int
    sender: int
    text: str
    date: datetime
    entities: tuple[Entity, ...] = ()
    html: str = ""  # as the bot wrote it
    markup: dict[str, Any] | None = None
    photo: int | None = None  # size in bytes
    contact: dict[str, Any] | None = None
    reply_to: int | None = None
    edited: datetime | None = None
    silent: bool = False

    @property
    def buttons(self) -> tuple[Button, ...]:
        """The buttons below it, or the keys that came with it, numbered."""
        return self._inline or tuple(
            Button(number, key["text"], sends="contact" if key.get("request_contact") else "text")
            for number, key in enumerate(keys(self.markup), start=1)
        )

    @property
    def _inline(self) -> tuple[Button, ...]:
        return tuple(
            Button(
                number,
                str(button["text"]),
                button.get("callback_data"),
                button.get("url"),
                (button.get("copy_text") or {}).get("text"),
            )
            for number, button in enumerate(buttons(self.markup), start=1)
        )


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the person's), a group or a supergroup."""

    id: int
    type: str
    title: str = ""
    members: set[int] = field(default_factory=set)
    bot_inside: bool = True
    migrated_to: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        """Whether it is a chat of one person with the bot."""
        return self.type == "private"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody saw or did; `seq` counts from 1 without holes."""

    seq: int
    at: datetime
    kind: EventKind
    chat_id: int
    person_id: int | None = None
    message: Message | None = None
    text: str | None = None
    alert: bool = False  # of a toast: a dialogue to be closed


@dataclass(slots=True)
class World:
    """Everything that the pretend Telegram knows."""

    bot: dict[str, Any]
    accounts: dict[int, Account] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    menus: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    open_taps: dict[str, int] = field(default_factory=dict)  # callback query -> who tapped
    answers: dict[str, tuple[str, bool]] = field(
        default_factory=dict
    )  # callback query -> words, as a dialogue
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _last_message: int = 0
    _last_tap: int = 1_000_000

    @property
    def bot_id(self) -> int:
        """The bot's own id."""
        return int(self.bot["id"])

    def touch(self) -> None:
        """Wake whoever waits for a condition; it is looked at again."""
        self.changed.set()
        self.changed = asyncio.Event()

    def log(self, kind: EventKind, chat_id: int, **what: Any) -> Event:
        """Append to the log and wake whoever waits."""
        event = Event(len(self.events) + 1, datetime.now(UTC), kind, chat_id, **what)
        self.events.append(event)
        self.touch()
        return event

    def next_message_id(self) -> int:
        """An id that no message has."""
        self._last_message += 1
        return self._last_message

    def open_tap(self, person_id: int) -> str:
        """The id of a new callback query by that person."""
        self._last_tap += 1
        self.open_taps[str(self._last_tap)] = person_id
        return str(self._last_tap)

    def put(self, kind: EventKind, message: Message) -> Message:
        """Show a new or changed message in its chat."""
        self.chats[message.chat_id].messages[message.id] = message
        person = message.sender if kind is EventKind.SENT else None
        self.log(kind, message.chat_id, person_id=person, message=message)
        return message

    def edit(self, message: Message, **changes: Any) -> Message:
        """Show `message` changed."""
        return self.put(EventKind.EDIT, replace(message, edited=datetime.now(UTC), **changes))

    def writable_chat(self, chat_id: int | None) -> Chat:
        """The chat, if the bot may write there; otherwise the refusal that Telegram gives."""
        chat = self.chats.get(chat_id or 0)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
            )
        if chat.private:
            _check_person(self.accounts[chat.id])
        elif not chat.bot_inside:
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        return chat

    def account_of(self, chat: Chat) -> Account | None:
        """The person of a private chat."""
        return self.accounts.get(chat.id) if chat.private else None

    def visible_to(self, person_id: int) -> Iterator[Chat]:
        """The chats on that person's phone."""
        for chat in self.chats.values():
            if person_id in chat.members:
                yield chat


def _check_person(account: Account) -> None:
    if account.deactivated:
        raise forbidden("user is deactivated")
    if account.blocked:
        raise forbidden("bot was blocked by the user")
    if not account.started:
        raise forbidden("bot can't initiate conversation with a user")
