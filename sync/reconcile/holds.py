"""Holds: a loss of too many at once waits for repair or consent.

A hold is stored, so that nothing else ends it: what is lost later joins it, what is put right
leaves it, and the rest stays held however little that is. It is told once; what was told is kept
true: the sender edits the messages. What counts as lost is not decided here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

import structlog

from sync.model.alerts import AlertKind
from sync.model.facts import MassChange, as_stored
from sync.people.directory import Directory
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.outbox import store_alerts
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "holds.sql")
_LOG = structlog.get_logger()


class Ended(StrEnum):
    """How a hold came to its end."""

    REPAIRED = "repaired"  # nothing is lost any more
    ACCEPTED = "accepted"  # an operator meant it


@dataclass(frozen=True, slots=True)
class Hold:
    """What a guard holds: nothing yet where `subject` is empty.

    `what`: leaders, or documents that are gone. `ids`: held now. `ever`: since it began.
    """

    what: str
    collection: str
    subject: str = ""
    ids: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()

    @property
    def open(self) -> bool:
        """Whether anything is held."""
        return bool(self.subject)

    @property
    def key(self) -> str:
        """Its key in `sync_state`."""
        return f"held:{self.what}:{self.collection}"

    def as_value(self) -> dict[str, Any]:
        """Its value in `sync_state`."""
        return {
            "subject": self.subject,
            "ids": sorted(self.ids),
            "ever": sorted(self.ever),
            "edition": 0,  # the version before this one insists on it
        }


def holding(hold: Hold, lost: Collection[int], *, too_many: bool) -> Hold:
    """The hold while this is lost; `too_many` begins one."""
    now = frozenset(lost)
    if not hold.open:
        # No hash of the ids alone: the same may be held again, and is told again then.
        return replace(hold, subject=uuid4().hex, ids=now, ever=now) if too_many else hold
    if now == hold.ids:
        return hold
    return replace(hold, ids=now, ever=hold.ever | now)


async def load_hold(connection: Connection, what: str, collection: str) -> Hold:
    """What is held of this kind now."""
    value = await connection.fetchval(_SQL["load"], Hold(what, collection).key)
    if value is None:
        return Hold(what, collection)
    ids, ever = frozenset(value["ids"]), frozenset(value["ever"])
    return Hold(what, collection, value["subject"], ids, ever)


async def keep_hold(
    connection: Connection,
    directory: Directory,
    hold: Hold,
    lost: Collection[int],
    *,
    total: int,
    too_many: bool,
) -> tuple[Hold, int]:
    """The hold, stored, and how many alerts that made; `total`: of how many."""
    after = holding(hold, lost, too_many=too_many)
    if after == hold:
        return hold, 0
    if not after.ids:
        await end_hold(connection, hold, Ended.REPAIRED)
        return Hold(hold.what, hold.collection), 0
    _LOG.warning("held", what=hold.what, collection=hold.collection, held=len(lost), total=total)
    facts = replace(_facts(after), total=total)
    async with connection.transaction():
        await connection.execute(_SQL["keep"], after.key, after.as_value())
        if hold.open:
            await _restate(connection, after, facts)
            return after, 0
        kind = AlertKind.MASS_CHANGE_HELD
        alerts = system_alerts(kind, after.subject, facts, directory)
        return after, await store_alerts(connection, alerts)


async def end_hold(connection: Connection, hold: Hold, how: Ended) -> None:
    """End it, if it is open, and let its messages say so."""
    if not hold.open:
        return
    _LOG.info("hold_ended", what=hold.what, collection=hold.collection, how=how)
    over = replace(hold, ids=hold.ever)
    async with connection.transaction():
        await connection.execute(_SQL["forget"], hold.key)
        await _restate(connection, over, replace(_facts(over), ended=how))


def _facts(hold: Hold) -> MassChange:
    """What is told: how many are held now, and all that were, so that `/why` finds them."""
    ids = tuple(sorted(hold.ever))
    return MassChange(hold.what, hold.collection, len(hold.ids), ids=ids)


async def _restate(connection: Connection, hold: Hold, facts: MassChange) -> None:
    prefix = f"{AlertKind.MASS_CHANGE_HELD}:{hold.subject}:"
    await connection.execute(_SQL["restate"], prefix, as_stored(facts))
