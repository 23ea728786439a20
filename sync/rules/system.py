"""Alerts about the system itself: who hears of which kind, one message per Telegram id. Pure."""

from sync.model.alerts import AlertKind, Recipient
from sync.model.facts import Facts
from sync.model.outbox import Alert, about
from sync.people.directory import NOBODY, Directory, one_per_address

#: Kinds that managers hear as well as operators; all others go to the operators.
_FOR_MANAGERS_TOO = frozenset({AlertKind.SYNC_BLIND, AlertKind.SYNC_RECOVERED})


def audience(kind: AlertKind, directory: Directory) -> tuple[Recipient, ...]:
    """Who is told about this kind: operators, and for an outage of the source every manager; never
    nobody.
    """
    everyone = directory.all_operators
    if kind in _FOR_MANAGERS_TOO:
        everyone += directory.all_managers
    return one_per_address(everyone) or (NOBODY,)


def system_alerts(
    kind: AlertKind, subject: str, facts: Facts, directory: Directory
) -> tuple[Alert, ...]:
    """One alert per recipient about `subject`, which makes it unique for ever."""
    return tuple(about(kind, subject, to, facts) for to in audience(kind, directory))
