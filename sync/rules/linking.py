"""Alerts about people's links: who is asked to decide, and who hears what became of it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from sync.alerts import Alert, AlertKind, Recipient, system_event_key
from sync.directory import Directory, one_per_address


def link_requested(
    request: int, facts: dict[str, Any], directory: Directory, applicant: int
) -> tuple[Alert, ...]:
    """Somebody asks to be linked from this Telegram id: every manager of `facts["branch_id"]` may
    decide, except about himself.
    """
    to = directory.managers_of(facts["branch_id"], without=str(applicant))
    return _alerts(AlertKind.LINK_REQUESTED, str(request), facts, to)


def link_decided(subject: str, facts: dict[str, Any], recipient: Recipient) -> tuple[Alert, ...]:
    """What became of his request, or of his waiting for approval, for him who waits."""
    return _alerts(AlertKind.LINK_DECIDED, subject, facts, (recipient,))


def link_moved(
    subject: str,
    facts: dict[str, Any],
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
    kind: AlertKind, subject: str, facts: dict[str, Any], to: Iterable[Recipient]
) -> tuple[Alert, ...]:
    return tuple(
        Alert(kind, recipient, system_event_key(kind, subject, recipient), facts=facts)
        for recipient in to
    )
