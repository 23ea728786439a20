"""The pretend systems as the demo reaches them: by their control routes, over HTTP."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.demo.cast import Person
from bot.demo.company import Write

_LONG_POLL = 20


def _control(url: str) -> str:
    return f"http://{urlsplit(url).netloc}/_sandbox"


class PretendAtticTech:
    """Attic Tech, written to as its users do."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._control = session, _control(url)

    async def write(self, writes: Sequence[Write]) -> None:
        """Make these writes appear together."""
        async with self._session.post(f"{self._control}/batch", json=list(writes)) as answer:
            answer.raise_for_status()

    async def break_down(self) -> None:
        """Answer nothing but errors from now on."""
        fault = {"kind": "status", "status": 503}
        async with self._session.post(f"{self._control}/faults", json=fault) as answer:
            answer.raise_for_status()

    async def mend(self) -> None:
        """Be well again."""
        async with self._session.delete(f"{self._control}/faults") as answer:
            answer.raise_for_status()


class PretendTelegram:
    """Telegram, with the people of the company in it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._control = session, _control(url)

    async def _post(self, route: str, **body: Any) -> Any:
        async with self._session.post(f"{self._control}/{route}", json=body) as answer:
            said = await answer.json()
        if answer.status >= 400:
            raise LookupError(said["error"])
        return said

    async def join(self, person: Person) -> None:
        """Give somebody a phone."""
        names = {"first_name": person.first_name, "last_name": person.last_name or None}
        await self._post("people", id=person.telegram_id, language_code=person.language, **names)

    async def say(self, person: Person, text: str) -> None:
        """Write to the bot."""
        await self._post(f"people/{person.telegram_id}/send", text=text)

    async def tap(self, person: Person, button: int | str) -> None:
        """Tap a button; raises LookupError in words when there is none."""
        await self._post(f"people/{person.telegram_id}/tap", button=button, timeout=0)

    async def do(self, person: Person, deed: str) -> None:
        """Block or unblock the bot."""
        await self._post(f"people/{person.telegram_id}/{deed}")

    async def events(self, after: int) -> list[dict[str, Any]]:
        """What happened after event number `after`; waits a while for the first."""
        query = {"after": str(after), "timeout": str(_LONG_POLL)}
        async with self._session.get(f"{self._control}/events", params=query) as answer:
            return [json.loads(line) for line in (await answer.text()).splitlines()]
