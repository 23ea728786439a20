"""One alert as the outbox takes it: decided, and not yet sent."""

import hashlib
from dataclasses import dataclass

from sync.model.alerts import AlertKind, AlertState, Because, Reason, Recipient
from sync.model.facts import Facts

#: Of what stands in an event key.
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to one person: a row of `botzilla.alert`.

    `event_key` is unique for ever. An alert to somebody without an address is stored as
    `undeliverable` with the reason. `within`: another message says it.
    """

    kind: AlertKind
    recipient: Recipient
    event_key: str
    facts: Facts
    job_sync_id: int | None = None
    revision: int = 0
    state_change_id: int | None = None
    within: bool = False

    @property
    def state(self) -> AlertState:
        """Where its life begins: `pending`; `undeliverable` for whom nobody can reach; or
        `superseded` where another message says it, so that nobody says it again.
        """
        if self.within:
            return AlertState.SUPERSEDED
        return AlertState.PENDING if self.recipient.reason is None else AlertState.UNDELIVERABLE

    @property
    def reason(self) -> Reason | Because | None:
        """Why it does not begin as `pending`."""
        return Because.IN_ONE_MESSAGE if self.within else self.recipient.reason


def about(kind: AlertKind, subject: str, recipient: Recipient, facts: Facts) -> Alert:
    """An alert without a job. Its event key is `kind:subject:person`; of a long subject its hash,
    since an index holds the key.
    """
    if len(subject) > _LONGEST_SUBJECT:
        subject = hashlib.sha256(subject.encode()).hexdigest()
    return Alert(kind, recipient, f"{kind}:{subject}:{recipient.key}", facts)
