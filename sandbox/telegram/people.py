"""People with phones: what a test or the demo does in their place, and what they see.

Everything a person does becomes an update for the bot at once; what the bot does in answer is
waited for by condition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.telegram.asking import menu_of
from sandbox.telegram.groups import Group
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.waiting import wait_until
from sandbox.telegram.wire import chat_to_api, command_entity, message_to_api
from sandbox.telegram.world import Account, Button, Chat, EventKind, Message, World

Wanted = Callable[[Message], bool] | str
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on a button, which the bot should answer."""

    query: str
    world: World

    @property
    def answer(self) -> str | None:
        """The words of the bot's answer ("" for none); None while there is no answer."""
        given = self.world.answers.get(self.query)
        return None if given is None else given[0]

    async def answered(self, seconds: float = _PATIENCE) -> str:
        """The words of the bot's answer, once it came."""
        await wait_until(
            self.world,
            lambda: self.query in self.world.answers,
            seconds,
            "the tap was never answered",
        )
        return self.answer or ""

    def expire(self) -> None:
        """Let it become too old to be answered."""
        self.world.open_taps.pop(self.query, None)


class Phone:
    """One person and what his phone shows of his private chat with the bot."""

    def __init__(self, world: World, queue: UpdateQueue, account: Account) -> None:
        self._world, self._queue, self._account = world, queue, account

    @property
    def id(self) -> int:
        """The person's Telegram id, which is also the id of his private chat."""
        return self._account.id

    @property
    def account(self) -> Account:
        """The account: names, language, whether the bot is started or blocked."""
        return self._account

    @property
    def messages(self) -> tuple[Message, ...]:
        """The private chat as it looks now, oldest first."""
        return tuple(self._world.chats[self.id].messages.values())

    @property
    def received(self) -> tuple[Message, ...]:
        """What the bot wrote to him and is still there, oldest first."""
        return tuple(message for message in self.messages if message.sender == self._world.bot_id)

    @property
    def menu(self) -> list[dict[str, str]]:
        """The menu of commands that his phone offers."""
        return menu_of(self._world, self.id, self._account.language_code)

    async def send(
        self, text: str, *, to: Group | None = None, reply_to: int | None = None
    ) -> Message:
        """Write to the bot, or into a group, where it sees only commands and replies to itself."""
        chat = self._world.chats[to.id if to else self.id]
        return self._write(chat, text, reply_to=reply_to)

    async def send_photo(self, caption: str = "", *, reply_to: int | None = None) -> Message:
        """Send a photo to the bot."""
        return self._write(self._world.chats[self.id], caption, reply_to=reply_to, photo=200_000)

    async def share_contact(
        self, phone_number: str | None = None, *, of: Account | None = None
    ) -> Message:
        """Share his own contact, or that of somebody else."""
        whose = of or self._account
        contact = {
            "phone_number": phone_number or whose.phone_number or "",
            "first_name": whose.first_name,
            "user_id": whose.id,
        }
        return self._write(self._world.chats[self.id], "", contact=contact)

    async def press_key(self, which: int | str) -> Message:
        """Press a key that the bot put in place of the keyboard: its text is sent, or the contact
        that it asks for.
        """
        _, key = self.button(which)
        if key.sends == "contact":
            return await self.share_contact()
        return await self.send(key.text)

    def _write(self, chat: Chat, text: str, **more: Any) -> Message:
        if chat.private:
            self._revive()
        message = Message(
            id=self._world.next_message_id(),
            chat_id=chat.id,
            sender=self.id,
            text=text,
            date=datetime.now(UTC),
            entities=command_entity(text),
            **more,
        )
        self._world.put(EventKind.SENT, message)
        replied = chat.messages.get(message.reply_to or 0)
        to_bot = text.startswith("/") or (
            replied is not None and replied.sender == self._world.bot_id
        )
        if chat.private or (chat.bot_inside and to_bot):
            self._queue.put("message", message_to_api(self._world, message))
        return message

    def _revive(self) -> None:
        if self._account.blocked:
            self._set_blocked(blocked=False)
        self._account.started = True

    async def start(self, payload: str = "") -> Message:
        """Press "Start", with the payload of a deep link."""
        return await self.send(f"/start {payload}".strip())

    def button(self, which: int | str, message: Message | None = None) -> tuple[Message, Button]:
        """The button by its number or words, on `message` or on the newest one that has it."""
        for candidate in [message] if message else reversed(self.messages):
            for button in candidate.buttons:
                if which in (button.number, button.text):
                    return candidate, button
        raise LookupError(f"{self._account.first_name} has no button {which!r}{self._offered()}")

    def _offered(self) -> str:
        for message in reversed(self.messages):
            if message.buttons:
                buttons = "\n".join(f"    [{one.number}] {one.text}" for one in message.buttons)
                return f"; his newest are:\n{buttons}"
        return ", nor any other"

    async def tap(self, which: int | str, message: Message | None = None) -> Tap:
        """Tap a button; a button that opens a page makes no call, so it cannot be tapped here."""
        shown, button = self.button(which, message)
        if button.data is None:
            raise LookupError(f"the button {button.text!r} opens {button.url or 'nothing'}")
        return await self.press(shown, button.data, words=button.text)

    async def press(self, message: Message, data: str, *, words: str | None = None) -> Tap:
        """Send callback `data` for `message`, as an old or forged button would."""
        world = self._world
        query = world.open_tap(self.id)
        world.log(
            EventKind.TAP, message.chat_id, person_id=self.id, message=message, text=words or data
        )
        content = {
            "id": query,
            "from": self._account.to_api(),
            "message": self._tapped(message),
            "chat_instance": str(message.chat_id),
            "data": data,
        }
        self._queue.put("callback_query", content)
        return Tap(query, world)

    def _tapped(self, message: Message) -> dict[str, Any]:
        chat = self._world.chats[message.chat_id]
        if message.id in chat.messages:
            return message_to_api(self._world, chat.messages[message.id])
        account = self._world.account_of(chat)
        return {"chat": chat_to_api(chat, account), "message_id": message.id, "date": 0}

    async def block(self) -> None:
        """Block the bot; it hears of that by `my_chat_member`."""
        self._set_blocked(blocked=True)

    async def unblock(self) -> None:
        """Unblock the bot without writing to it."""
        self._set_blocked(blocked=False)

    async def deactivate(self) -> None:
        """Delete the account."""
        self._account.deactivated = True

    def _set_blocked(self, *, blocked: bool) -> None:
        self._account.blocked = blocked
        member = {"status": "member", "user": self._world.bot}
        kicked = {"status": "kicked", "user": self._world.bot, "until_date": 0}
        old, new = (member, kicked) if blocked else (kicked, member)
        content = {
            "chat": chat_to_api(self._world.chats[self.id], self._account),
            "from": self._account.to_api(),
            "date": int(datetime.now(UTC).timestamp()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        words = "blocked" if blocked else "unblocked"
        self._world.log(EventKind.MEMBERSHIP, self.id, person_id=self.id, text=words)
        self._queue.put("my_chat_member", content)

    async def wait_for(self, wanted: Wanted, seconds: float = _PATIENCE) -> Message:
        """The newest message from the bot that is wanted (a condition, or words), once it came."""
        matches = (lambda message: wanted in message.text) if isinstance(wanted, str) else wanted

        def found() -> Message | None:
            return next((message for message in reversed(self.received) if matches(message)), None)

        otherwise = f"{self._account.first_name} never saw it; the phone shows:\n"
        try:
            message: Message = await wait_until(self._world, found, seconds, otherwise)
        except TimeoutError as error:
            raise TimeoutError(otherwise + self.screen()) from error
        return message

    def screen(self) -> str:
        """The private chat as plain text, for a reader of a failed test."""
        lines = []
        for message in self.messages:
            lines.append(f"{'>' if message.sender == self.id else '<'} {message.text}")
            lines.extend(f"    [{button.number}] {button.text}" for button in message.buttons)
        return "\n".join(lines) or "(nothing)"
