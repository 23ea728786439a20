"""Alerts about invites: who made one hears that it was accepted. Pure."""

from sync.alerts import Alert, AlertKind, Recipient, system_event_key
from sync.model.refs import PersonKey


def invite_accepted(
    invite_id: int, name: str, invited_by: str, telegram_id: str | None
) -> tuple[Alert, ...]:
    """The news for who invited (`user:3`, `telegram:99`), who has this Telegram id by now; none
    for who has none.
    """
    inviter = PersonKey.parse(invited_by)
    if telegram_id is None or inviter is None:
        return ()
    recipient = Recipient(inviter.type, inviter.id, telegram_id)
    kind = AlertKind.INVITE_ACCEPTED
    key = system_event_key(kind, str(invite_id), recipient)
    return (Alert(kind, recipient, key, facts={"name": name}),)
