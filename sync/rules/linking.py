"""Alerts about people's links: every change is told to others than who made it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from sync.alerts import Alert, AlertKind, Recipient, system_event_key
from sync.directory import Directory, one_per_address
from sync.model.refs import PersonKey


def link_changed(
    subject: str,
    facts: dict[str, Any],
    accounts: Iterable[int],
    branches: Sequence[int],
    without: Iterable[int],
    directory: Directory,
) -> tuple[Alert, ...]:
    """The news of a change for the former `accounts` and for the managers of the person's branches;
    for the operators where no manager but those of `without` is there.

    `without`: the Telegram ids of who made the change, and of whom it concerns.
    """
    others = {str(id) for id in without}
    own = directory.managers_of(*(branches or (None,)))
    managers = [to for to in own if to.telegram_id not in others] or [
        to for to in directory.all_operators if to.telegram_id not in others
    ]
    chats = (directory.chat(telegram_id) for telegram_id in accounts)
    return _alerts(AlertKind.LINK_MOVED, subject, facts, one_per_address((*chats, *managers)))


def invite_accepted(
    subject: str, facts: dict[str, Any], invited_by: str, telegram_id: str | None
) -> tuple[Alert, ...]:
    """The news for who invited (`user:3`, `telegram:99`), who has this Telegram id by now; none
    for who has none.
    """
    inviter = PersonKey.parse(invited_by)
    if telegram_id is None or inviter is None:
        return ()
    to = Recipient(inviter.type, inviter.id, telegram_id)
    return _alerts(AlertKind.INVITE_ACCEPTED, subject, facts, (to,))


def approved(subject: str, name: str, to: Recipient) -> tuple[Alert, ...]:
    """The news for somebody who waited for approval."""
    return _alerts(AlertKind.LINK_DECIDED, subject, {"approved": True, "name": name}, (to,))


def _alerts(
    kind: AlertKind, subject: str, facts: dict[str, Any], to: Iterable[Recipient]
) -> tuple[Alert, ...]:
    return tuple(
        Alert(kind, recipient, system_event_key(kind, subject, recipient), facts=facts)
        for recipient in to
    )
