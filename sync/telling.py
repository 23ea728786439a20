"""Telling about the system itself: facts become alerts to those whom their kind concerns."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync.alerts import AlertKind
from sync.database.pool import Connection
from sync.deciding.company import load_directory
from sync.deciding.store import store_alerts
from sync.model.facts import Facts
from sync.rules.system import system_alerts


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the system; `subject` makes it unique for ever, so that it is told once."""

    kind: AlertKind
    subject: str
    facts: Facts


async def tell(connection: Connection, operators: Sequence[int], facts: Sequence[Fact]) -> int:
    """How many alerts about these facts are new. Two statements, none without facts."""
    if not facts:
        return 0
    directory = await load_directory(connection, operators)
    alerts = [
        alert
        for fact in facts
        for alert in system_alerts(fact.kind, fact.subject, fact.facts, directory)
    ]
    return await store_alerts(connection, alerts)
