"""The terminal: shows what the phones show as it comes, and knows whose has shown how much."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from rich.console import Console

from bot.demo.cast import BY_KEY, BY_TELEGRAM_ID, Role
from bot.demo.phones import drawn, greeting
from bot.demo.systems import PretendTelegram

#: The deep link of an invitation.
_INVITATION = re.compile(r"[?&]start=([\w-]+)")
_SHOWN = frozenset({"message", "edit", "toast"})


class Screen:
    """Draws events; `opening` says that everybody is being greeted, which takes one line each.

    `invitation` is the code of the newest invitation that a phone has shown.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.opening = True
        self.invitation: str | None = None
        self._heard: Counter[int] = Counter()
        self._changed = asyncio.Event()

    def show(self, event: Mapping[str, Any]) -> None:
        """Draw one event."""
        picture = greeting(event) if self._is_greeting(event) else drawn(event)
        if picture is not None:
            self.console.print(picture)
        if found := _INVITATION.search(str(event["message"])):
            self.invitation = found[1]
        if event["kind"] in _SHOWN:
            self._heard[event["chat_id"]] += 1
            self._changed.set()
            self._changed = asyncio.Event()

    def advise(self, text: str) -> None:
        """Words for whoever sits at the terminal."""
        self.console.print(text, style="dim", highlight=False, markup=False)

    def _is_greeting(self, event: Mapping[str, Any]) -> bool:
        """Whether it is "/start" or its answer; a manager's first message may be an alert."""
        if not self.opening:
            return False
        if event["kind"] == "sent":
            return bool(event["message"]["text"] == "/start")
        person = BY_TELEGRAM_ID.get(event["chat_id"])
        manages = person is not None and person.role is Role.MANAGER
        return not manages and not self._heard[event["chat_id"]]

    def after(self, keys: Iterable[str]) -> dict[str, int]:
        """How much each of these phones will have shown after this; a key given twice is two."""
        return {
            key: self._heard[BY_KEY[key].telegram_id] + more for key, more in Counter(keys).items()
        }

    async def reaches(self, wanted: Mapping[str, int], seconds: float) -> list[str]:
        """Whose phone has shown less than is `wanted`, once nobody is left or after `seconds`."""

        def waiting() -> list[str]:
            return [
                key for key, count in wanted.items() if self._heard[BY_KEY[key].telegram_id] < count
            ]

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while waiting():
                    await self._changed.wait()
        return waiting()

    async def follow(self, telegram: PretendTelegram) -> None:
        """Show everything that happens, for ever."""
        after = 0
        while True:
            for event in await telegram.events(after):
                self.show(event)
                after = event["seq"]
