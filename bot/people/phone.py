"""Whose phone number this is: from the rows of BotZilla to the people who have it. Pure.

A number proves who writes only where it leads to one person: a row that nobody joined to an
employee is that employee's only if name and phone agree; where the name alone does, both may be
meant, and somebody has to say who.
"""

from dataclasses import dataclass

from bot.people.linking import Table, Unjoined, Whom
from sync.alerts import LEFT, Reason
from sync.people import People
from sync.person import CrewMember, Employee, SalesPerson, e164, same_person

Stray = CrewMember | SalesPerson


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who has the number; `reason` is why he is not (yet) one of us."""

    whom: Whom
    name: str
    reason: Reason | None = None

    @property
    def has_left(self) -> bool:
        """He is no longer with us."""
        return self.reason in LEFT

    @property
    def waits(self) -> bool:
        """He has told us who he is, and a manager has to say yes."""
        return self.reason is Reason.PENDING_APPROVAL


def number_of(contact: str) -> str | None:
    """The phone number of a contact in E.164; Telegram gives it with its country, with + or not."""
    return e164(f"+{contact.strip().lstrip('+')}")


def whose(phone: str, people: People) -> tuple[Owner, ...]:
    """Everybody whose number this is or could be, each once. `phone` is in E.164."""
    employees = {e.id: e for e in people.employees}
    everyone: tuple[Stray, ...] = (*people.crew_members, *people.sales_people)
    rows = [row for row in everyone if e164(row.phone) == phone]
    owners = {e.id for e in people.employees if e164(e.phone) == phone}
    owners |= {r.employee_id for r in rows if r.employee_id in employees}
    strays = [r for r in rows if r.employee_id not in employees]
    others: list[Stray] = []
    for stray in strays:
        namesakes = {e.id for e in people.employees if same_person(e, stray)}
        if not namesakes & owners:
            owners |= namesakes
            others.append(stray)
    return (
        *(_employee(employees[id], people) for id in sorted(owners)),
        *(_stray(row) for row in others),
    )


def _employee(employee: Employee, people: People) -> Owner:
    return Owner(employee.id, employee.name, people.reach(employee)[1])


def _stray(row: Stray) -> Owner:
    if isinstance(row, CrewMember):
        return Owner(Unjoined(Table.CREW_MEMBER, row.id), row.name)
    reason = None if row.is_active else Reason.INACTIVE
    return Owner(Unjoined(Table.SALES_PERSON, row.id), row.name, reason)
