"""What Telegram does not take, though it takes others: whoever manages the job tells the person
themselves. Pure.
"""

from sync.alerts import Alert, AlertKind, Because, Recipient, RecipientType
from sync.directory import Directory
from sync.person import digits
from sync.rules.readdressing import Lost


def not_taken_alerts(lost: Lost, directory: Directory) -> tuple[Alert, ...]:
    """One alert for each manager of its job, else for the operators; none about one of this kind.

    The reader may be whom it was for: another text about the same may well be taken.
    """
    kind = AlertKind.MESSAGE_NOT_TAKEN
    if lost.kind is kind:
        return ()
    facts = {
        "about": lost.kind,
        "name": _name(lost.recipient, directory),
        "reason": Because.NOT_TAKEN,
        **({"job": lost.facts["job"]} if "job" in lost.facts else {}),
    }
    return tuple(
        Alert(
            kind,
            to,
            f"{kind}:{lost.event_key}:{to.key}",
            lost.job_sync_id,
            lost.revision,
            facts,
            lost.state_change_id,
        )
        for to in directory.managers_of(lost.branch_id)
    )


def _name(recipient: Recipient, directory: Directory) -> str | None:
    """What the person is called, if we know."""
    people = directory.people
    match recipient.type:
        case RecipientType.CREW_LEADER:
            person = directory.persons.get(recipient.id)
            return person.name if person else None
        case RecipientType.SALESPERSON:
            return next((row.name for row in people.sales_people if row.id == recipient.id), None)
        case RecipientType.OPERATION_MANAGER:
            manager = next((m for m in directory.managers if m.user_id == recipient.id), None)
            address = digits(manager.telegram_id) if manager else None
            employee = people.owner(address) if address else None
            return employee.name if employee else manager.email if manager else None
        case RecipientType.OPERATOR | RecipientType.CHAT:
            return f"Telegram {recipient.id}"
