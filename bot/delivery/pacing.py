"""Telegram's limits: 25 messages a second over all, one a second to a chat, 20 a minute to a group.

`AsyncLimiter(25, 1)` would let 49 through in the first second; one per 1/25 s does not.
"""

from dataclasses import dataclass

from aiolimiter import AsyncLimiter


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds between two messages: of all, to one chat, to one group. Tests hurry them.

    To a chat a tenth more than Telegram's second: it counts from arrival to arrival.
    """

    overall: float = 1 / 25
    chat: float = 1.1
    group: float = 60 / 20


class Pacing:
    """When the next message may go to a chat; one for each bot token."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._overall = AsyncLimiter(1, self._limits.overall)
        self._chats: dict[int, AsyncLimiter] = {}

    async def turn(self, chat_id: int) -> None:
        """Return when a message may go to this chat."""
        # Groups have negative ids.
        period = self._limits.chat if chat_id > 0 else self._limits.group
        # The chat's turn last: it counts from call to call, and all chats wait for the overall one.
        await self._overall.acquire()
        await self._chats.setdefault(chat_id, AsyncLimiter(1, period)).acquire()

    def resting(self) -> list[str]:
        """The chats to which nothing may go yet."""
        # A chat that owes nothing is forgotten; its limiter is made anew when it is spoken to.
        self._chats = {id: chat for id, chat in self._chats.items() if not chat.has_capacity()}
        return [str(id) for id in self._chats]
