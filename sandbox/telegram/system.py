"""The pretend Telegram without its socket: one bot, people, groups, and what goes wrong."""

from typing import Any

from sandbox.telegram.api import BotApi, Call
from sandbox.telegram.faults import Fault, FaultKind, Faults, Limits, Throttle
from sandbox.telegram.groups import Group
from sandbox.telegram.people import Phone
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.waiting import wait_until
from sandbox.telegram.world import Account, Chat, EventKind, World


def _bot(token: str) -> dict[str, Any]:
    number = token.partition(":")[0]
    return {
        "id": int(number) if number.isdigit() else 7000000001,
        "is_bot": True,
        "first_name": "Job Sync",
        "username": "jobsync_sandbox_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


class Telegram:
    """A Telegram with one bot."""

    def __init__(self, token: str, limits: Limits | None) -> None:
        self.token = token
        self.faults = Faults()
        self.world = World(_bot(token))
        self.queue = UpdateQueue(self.world.touch)
        self.api = BotApi(token, self.world, self.queue, self.faults, Throttle(limits))

    # What goes wrong

    def fail(self, code: int, **more: Any) -> Fault:
        """Answer the next call with `code`; `more` are fields of Fault."""
        return self.faults.add(Fault(FaultKind.REFUSE, code=code, **more))

    def lose_answers(self, **more: Any) -> Fault:
        """Take the next call, and cut the connection before its answer."""
        return self.faults.add(Fault(FaultKind.LOSE, **more))

    def answer_late(self, seconds: float, **more: Any) -> Fault:
        """Take the next call at once, and answer it after `seconds`."""
        return self.faults.add(Fault(FaultKind.SLOW, seconds=seconds, **more))

    # Who is there

    def person(
        self,
        id: int,
        first_name: str,
        language_code: str | None = "en",
        *,
        last_name: str | None = None,
        username: str | None = None,
        phone_number: str | None = None,
        started: bool = False,
    ) -> Phone:
        """Somebody with a phone; the bot cannot write to him before he started it."""
        account = Account(id, first_name, last_name, username, language_code, phone_number, started)
        self.world.accounts[id] = account
        self.world.chats.setdefault(id, Chat(id, "private", members={id}))
        self.world.touch()
        return Phone(self.world, self.queue, account)

    def phone(self, id: int) -> Phone:
        """The phone of somebody who is already there; raises KeyError."""
        return Phone(self.world, self.queue, self.world.accounts[id])

    def group(self, id: int, title: str, members: tuple[int, ...] = ()) -> Group:
        """A group (its id is negative) with these people and the bot."""
        chat = Chat(id, "group", title, set(members))
        self.world.chats[id] = chat
        self.world.log(EventKind.MEMBERSHIP, id, text="the bot was added")
        return Group(self.world, chat)

    def known_group(self, id: int) -> Group:
        """A group that is already there; raises KeyError."""
        return Group(self.world, self.world.chats[id])

    # What happened

    def calls(self, method: str | None = None) -> list[Call]:
        """The calls that the bot made, polls included, oldest first."""
        return [call for call in self.api.calls if method in (None, call.method)]

    async def wait_until(
        self, condition: Any, seconds: float = 5.0, otherwise: str = "it did not come true"
    ) -> Any:
        """The first true answer of `condition()`, asked again after all that happens here."""
        return await wait_until(self.world, condition, seconds, otherwise)
