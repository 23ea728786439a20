"""Alerts about invites: who made one hears that it was accepted. Pure."""

from sync.alerts import AlertKind, Recipient, RecipientType
from sync.model.facts import InviteAccepted
from sync.model.outbox import Alert, about

_TYPES = {"user": RecipientType.OPERATION_MANAGER, "telegram": RecipientType.OPERATOR}


def invite_accepted(
    invite_id: int, name: str, invited_by: str, telegram_id: str | None
) -> tuple[Alert, ...]:
    """The news for who invited (`user:3`, `telegram:99`), who has this Telegram id by now; none
    for who has none.
    """
    if telegram_id is None:
        return ()
    type, _, id = invited_by.partition(":")
    recipient = Recipient(_TYPES[type], int(id), telegram_id)
    kind = AlertKind.INVITE_ACCEPTED
    return (about(kind, str(invite_id), recipient, InviteAccepted(name)),)
