"""What is well and what is not: each part's last word, and the answer of `/readyz`.

The parts of this process say how they fare (`Health`); what concerns the whole installation is read
from the database (`Installation`), so that every replica answers alike. `ready` puts both into one
answer and is plain. Nothing secret is ever put into a detail.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sync.postgres.locks import Lock
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot", "health.sql")
#: Nobody leading for so long is more than a hand-over.
LEADERLESS = timedelta(seconds=60)


class Part(StrEnum):
    """A part of this process that talks with Telegram."""

    SENDER = "sender"
    POLLER = "poller"


@dataclass(frozen=True, slots=True)
class Word:
    """How a part fared last. `refused`: Telegram refuses our token."""

    ok: bool
    detail: str = ""
    refused: bool = False
    at: float = 0.0


@dataclass(slots=True)
class Health:
    """The last words of this process; a sync is late after `blind_after`."""

    clock: Callable[[], float] = time.monotonic
    blind_after: timedelta = timedelta(seconds=600)
    words: dict[Part, Word] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # loops, and what ended them last
    _led_at: float = 0.0

    def __post_init__(self) -> None:
        self._led_at = self.clock()

    def say(self, part: Part, *, ok: bool, detail: str = "", refused: bool = False) -> None:
        """A part tells how it fares."""
        self.words[part] = Word(ok, detail, refused, self.clock())

    def forget(self, part: Part) -> None:
        """The part does not act any more (another replica does)."""
        self.words.pop(part, None)

    def tell(self, loop: str, trouble: str) -> None:
        """A loop failed, or goes well again where there is no trouble."""
        if trouble:
            self.failing[loop] = trouble
        else:
            self.failing.pop(loop, None)

    def leaderless(self, *, led: bool) -> float:
        """Seconds since we last saw somebody lead, or since we began."""
        now = self.clock()
        if led:
            self._led_at = now
        return now - self._led_at


@dataclass(frozen=True, slots=True)
class Installation:
    """What the database says of the installation. Ages in seconds, None where there is nothing."""

    leads: frozenset[Lock] = frozenset()
    synced_s: float | None = None
    failed: str | None = None  # why the last run failed, in a word of ours; None when it did not
    token_refused: int = 0  # alerts held because Telegram refuses our token
    no_manager: int = 0  # alerts that nobody could be told


async def read_installation(connection: Connection) -> Installation:
    """The installation of the installation now."""
    row = await connection.fetchrow(_SQL["standing"], [int(lock) for lock in Lock])
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    values = dict(row)
    return Installation(frozenset(Lock(key) for key in values.pop("leads")), **values)


def ready(
    health: Health, installation: Installation | None
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Status and body of `/readyz`; `installation` is None when the database is away.

    503 only when the database is away, nobody leads for 60 s, or Telegram refuses our token: while
    Attic Tech is down, the bot must stay where people can ask it.
    """
    if installation is None:
        away = _part(False, None, "unknown while the database is away")
        telegram, refused = _telegram(health, Installation())
        body = {"database": _part(False, None, "cannot be reached"), "leader": away, "sync": away}
        return 503, {**body, "telegram": telegram}
    leader, leaderless = _leader(health, installation)
    telegram, refused = _telegram(health, installation)
    body = {
        "database": _part(True, 0, ""),
        "leader": leader,
        "sync": _noted(_sync(installation, health.blind_after), _failing(health, of_sync=True)),
        "telegram": telegram,
    }
    return (503 if leaderless or refused else 200), body


def _part(ok: bool, age_s: float | None, detail: str) -> dict[str, Any]:
    return {"ok": ok, "age_s": None if age_s is None else round(age_s, 1), "detail": detail}


#: The loops that read Attic Tech; all others serve Telegram.
_OF_SYNC = frozenset({"sync", "outage"})


def _failing(health: Health, *, of_sync: bool) -> list[str]:
    """The loops that fail again and again, and how."""
    return [
        f"{loop} fails: {trouble}"
        for loop, trouble in health.failing.items()
        if (loop in _OF_SYNC) is of_sync
    ]


def _noted(part: dict[str, Any], failing: list[str]) -> dict[str, Any]:
    """The part, not well where loops of it fail."""
    notes = [*filter(None, [part["detail"]]), *failing]
    return {**part, "ok": part["ok"] and not failing, "detail": "; ".join(notes)}


#: What must be held by somebody, and what stands still when it is not.
_LEADS = {
    Lock.SYNC: "nobody reads Attic Tech",
    Lock.SENDER: "nobody sends",
    Lock.POLLER: "nobody receives",
}


def _leader(health: Health, installation: Installation) -> tuple[dict[str, Any], bool]:
    missing = [words for lock, words in _LEADS.items() if lock not in installation.leads]
    age = health.leaderless(led=not missing)
    return _part(not missing, age, ", ".join(missing)), age >= LEADERLESS.total_seconds()


def _sync(installation: Installation, blind_after: timedelta) -> dict[str, Any]:
    if installation.failed is not None:
        return _part(False, installation.synced_s, f"the last run failed: {installation.failed}")
    if installation.synced_s is None:
        return _part(False, None, "nothing was read yet")
    late = installation.synced_s > blind_after.total_seconds()
    return _part(not late, installation.synced_s, "no run succeeded lately" if late else "")


def _telegram(health: Health, installation: Installation) -> tuple[dict[str, Any], bool]:
    bad = _troubles(health)
    refused = any(word.refused for word in bad.values()) or installation.token_refused > 0
    notes = [f"{part}: {word.detail}" for part, word in bad.items()]
    if installation.token_refused:
        notes.append(f"token refused, {installation.token_refused} alerts are held")
    if installation.no_manager:
        notes.append(f"undeliverable(no_manager): {installation.no_manager} alerts")
    last = max((word.at for word in health.words.values()), default=None)
    age = None if last is None else health.clock() - last
    part = _part(not bad and not refused, age, "; ".join(notes))
    return _noted(part, _failing(health, of_sync=False)), refused


def _troubles(health: Health) -> dict[Part, Word]:
    """Words of trouble that no later call to Telegram has outlived: senders have quiet hours."""
    well = max((word.at for word in health.words.values() if word.ok), default=float("-inf"))
    return {part: word for part, word in health.words.items() if not word.ok and word.at >= well}
