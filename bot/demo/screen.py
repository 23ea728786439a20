"""The terminal: shows what the phones show as it comes, and knows whose has shown how much."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from rich.console import Console

from bot.demo.cast import BY_KEY, BY_TELEGRAM_ID, Role
from bot.demo.phones import drawn, greeting
from bot.demo.systems import PretendTelegram

_SHOWN = frozenset({"message", "edit", "toast"})


class Screen:
    """Draws events; `opening` says that everybody is being greeted, which takes one line each."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.opening = True
        self._heard: Counter[int] = Counter()
        self._changed = asyncio.Event()

    def show(self, event: Mapping[str, Any]) -> None:
        """Draw one event."""
        person = BY_TELEGRAM_ID.get(event["chat_id"])
        brief = self.opening and person is not None and person.role is not Role.MANAGER
        picture = greeting(event) if brief else drawn(event)
        if picture is not None and not (self.opening and event["kind"] == "sent"):
            self.console.print(picture)
        if event["kind"] in _SHOWN:
            self._heard[event["chat_id"]] += 1
            self._changed.set()
            self._changed = asyncio.Event()

    def heard(self, keys: Iterable[str]) -> dict[str, int]:
        """How much each of these phones has shown so far."""
        return {key: self._heard[BY_KEY[key].telegram_id] for key in keys}

    async def more(self, than: Mapping[str, int], seconds: float) -> list[str]:
        """Who has seen no more `than` before, once nobody is left or after `seconds`."""

        def waiting() -> list[str]:
            return [key for key, count in self.heard(than).items() if count <= than[key]]

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
