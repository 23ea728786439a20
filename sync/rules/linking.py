"""Alerts about people's links: who is asked to decide, and who hears what became of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync.alerts import AlertKind, Recipient
from sync.directory import Directory, one_per_address
from sync.model.kinds import read_facts
from sync.model.outbox import Alert, about


def link_requested(
    request: int, facts: Mapping[str, Any], directory: Directory, applicant: int
) -> tuple[Alert, ...]:
    """Somebody asks to be linked from this Telegram id: every manager of `facts["branch_id"]` may
    decide, except about himself.
    """
    to = directory.managers_of(facts["branch_id"], without=str(applicant))
    return _alerts(AlertKind.LINK_REQUESTED, str(request), facts, to)


def link_decided(
    subject: str, facts: Mapping[str, Any], recipient: Recipient
) -> tuple[Alert, ...]:
    """What became of his request, or of his waiting for approval, for him who waits."""
    return _alerts(AlertKind.LINK_DECIDED, subject, facts, (recipient,))


def link_moved(
    subject: str,
    facts: Mapping[str, Any],
    former: Iterable[int],
    branches: Sequence[int],
    directory: Directory,
) -> tuple[Alert, ...]:
    """Somebody has another Telegram account now: his former chats hear of it, and the managers of
    his branches.
    """
    chats = [directory.chat(telegram_id) for telegram_id in former]
    to = one_per_address((*chats, *directory.managers_of(*(branches or (None,)))))
    return _alerts(AlertKind.LINK_MOVED, subject, facts, to)


def _alerts(
    kind: AlertKind, subject: str, facts: Mapping[str, Any], to: Iterable[Recipient]
) -> tuple[Alert, ...]:
    return tuple(about(kind, subject, recipient, read_facts(kind, facts)) for recipient in to)
