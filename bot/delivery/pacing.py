"""Telegram's limits: 25 messages a second over all, one a second to a chat, 20 a minute to a group.

`AsyncLimiter(25, 1)` would let 49 through in the first second; one per 1/25 s does not.
"""

from aiolimiter import AsyncLimiter

_OVERALL = 1 / 25
_PER_CHAT = 1.0
_PER_GROUP = 60 / 20


class Pacing:
    """When the next message may go to a chat; one for each bot token."""

    def __init__(self) -> None:
        self._overall = AsyncLimiter(1, _OVERALL)
        self._chats: dict[int, AsyncLimiter] = {}

    async def turn(self, chat_id: int) -> None:
        """Return when a message may go to this chat."""
        # Groups have negative ids.
        period = _PER_CHAT if chat_id > 0 else _PER_GROUP
        await self._chats.setdefault(chat_id, AsyncLimiter(1, period)).acquire()
        await self._overall.acquire()

    def resting(self) -> list[str]:
        """The chats to which nothing may go yet."""
        # A chat that owes nothing is forgotten; its limiter is made anew when it is spoken to.
        self._chats = {id: chat for id, chat in self._chats.items() if not chat.has_capacity()}
        return [str(id) for id in self._chats]
