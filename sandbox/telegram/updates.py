"""Updates as Telegram keeps them: given again until confirmed by `offset`, one poll at a time."""

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.telegram.errors import CONFLICT, ApiError

#: Not sent unless asked for.
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class UpdateQueue:
    """The updates that the bot has not confirmed yet."""

    def __init__(self, tell: Callable[[], None], first_id: int = 1001) -> None:
        self._tell = tell  # that a poll came or was confirmed, for whoever waits for that
        self._next_id = first_id
        self._waiting: list[dict[str, Any]] = []
        self._allowed: frozenset[str] | None = None
        self._poll: asyncio.Future[None] | None = None

    @property
    def unconfirmed(self) -> tuple[dict[str, Any], ...]:
        """What would be given to a poll without an offset."""
        return tuple(self._waiting)

    @property
    def polled(self) -> bool:
        """Whether a poll is waiting right now."""
        return self._poll is not None and not self._poll.done()

    def put(self, kind: str, content: dict[str, Any]) -> None:
        """Add an update, unless the bot does not want its kind, and wake the poll."""
        if kind in _NOT_BY_DEFAULT if self._allowed is None else kind not in self._allowed:
            return
        self._waiting.append({"update_id": self._next_id, kind: content})
        self._next_id += 1
        self.wake()

    def wake(self) -> None:
        """End the wait of the poll."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def interrupt(self) -> None:
        """Refuse the waiting poll, as a second one would."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(ApiError(409, CONFLICT))

    def forget(self) -> None:
        """Drop everything (`drop_pending_updates`)."""
        self._waiting.clear()

    def allow(self, kinds: Any) -> None:
        """Remember `allowed_updates`; an empty list means the default, None leaves it as it was."""
        if isinstance(kinds, list):
            self._allowed = frozenset(map(str, kinds)) or None

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset > 0:
            self._waiting = [update for update in self._waiting if update["update_id"] >= offset]

    async def take(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Confirm what is below `offset`, then give up to `limit` updates.

        Waits up to `seconds` for the first. Raises ApiError 409 in the poll that was waiting
        when another one comes.
        """
        self.interrupt()
        self._confirm(offset)
        if not self._waiting and seconds > 0:
            poll = self._poll = asyncio.get_running_loop().create_future()
            self._tell()
            try:
                await asyncio.wait_for(poll, seconds)
            except TimeoutError:
                return []
        return self._waiting[: max(1, min(limit or 100, 100))]
