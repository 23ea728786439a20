"""Alerts about people's links: every change is told to others than who made it. Pure."""

from collections.abc import Collection, Iterable, Sequence

from sync.model.alerts import AlertKind, Recipient
from sync.model.facts import LinkChanged, LinkDecided
from sync.model.outbox import Alert, about
from sync.model.refs import PersonKey
from sync.people.directory import Directory, one_per_address


def managers_told(
    branches: Sequence[int], without: Collection[str], directory: Directory
) -> list[Recipient]:
    """The managers of the person's branches; the operators where no manager is there but those of
    `without`, who made the change or are meant by it.
    """
    own = directory.managers_of(*(branches or (None,)))
    return [to for to in own if to.telegram_id not in without] or [
        to for to in directory.all_operators if to.telegram_id not in without
    ]


def link_changed(
    subject: str,
    facts: LinkChanged,
    accounts: Iterable[int],
    managers: Iterable[Recipient],
    directory: Directory,
) -> tuple[Alert, ...]:
    """The news of a change for the `accounts` that it concerns and for the managers."""
    chats = (directory.chat(telegram_id) for telegram_id in accounts)
    return tuple(
        about(AlertKind.LINK_MOVED, subject, to, facts)
        for to in one_per_address((*chats, *managers))
    )


def invite_accepted(
    subject: str, facts: LinkChanged, invited_by: str, telegram_id: str | None
) -> tuple[Alert, ...]:
    """The news for who invited (`user:3`, `telegram:99`), who has this Telegram id by now; none
    for who has none.
    """
    inviter = PersonKey.parse(invited_by)
    if telegram_id is None or inviter is None:
        return ()
    to = Recipient(inviter.type, inviter.id, telegram_id)
    return (about(AlertKind.INVITE_ACCEPTED, subject, to, facts),)


def approved(subject: str, name: str, to: Recipient) -> tuple[Alert, ...]:
    """The news for somebody who waited for approval."""
    return (about(AlertKind.LINK_DECIDED, subject, to, LinkDecided(True, name)),)
