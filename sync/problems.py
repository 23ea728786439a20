"""What somebody should put right among the rows that say who is who. Pure; words with ids and
without personal data.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from sync.person import CrewMember, Employee, SalesPerson, digits, e164
from sync.states import fold

_Row = Employee | CrewMember | SalesPerson
_Labelled = Sequence[tuple[str, _Row]]
_COMPARED: Mapping[str, Callable[[_Row], str | None]] = {
    "telegram_id": lambda row: digits(row.telegram_id),
    "phone": lambda row: e164(row.phone),
    "email": lambda row: fold(row.email or ""),
}


def problems(
    employees: Sequence[Employee],
    crew_members: Sequence[CrewMember],
    sales_people: Sequence[SalesPerson],
    owners: Mapping[str, AbstractSet[int]],
) -> tuple[str, ...]:
    """Telegram ids that are no numbers or two people's, and rows of one person that cannot be kept
    in step. `owners`: the employees by Telegram id.
    """
    rows: _Labelled = (
        *((f"employee {row.id}", row) for row in employees),
        *((f"crew_member {row.id}", row) for row in crew_members),
        *((f"sales_person {row.id}", row) for row in sales_people),
    )
    names = {employee.id: fold(employee.name) for employee in employees}
    return (*_unusable(rows), *_shared(owners), *_taken(rows, owners, names), *_different(rows))


def _unusable(rows: _Labelled) -> Iterator[str]:
    for label, row in rows:
        if (row.telegram_id or "").strip() and not digits(row.telegram_id):
            yield f"{label}: telegram_id is not a number"


def _shared(owners: Mapping[str, AbstractSet[int]]) -> list[str]:
    return sorted(
        f"employees {', '.join(map(str, sorted(people)))}: the same telegram_id"
        for people in owners.values()
        if len(people) > 1
    )


def _taken(
    rows: _Labelled, owners: Mapping[str, AbstractSet[int]], names: Mapping[int, str]
) -> Iterator[str]:
    """Telegram ids of employees that somebody else bears whom nobody joined."""
    for label, row in rows:
        if isinstance(row, Employee) or row.employee_id is not None:
            continue
        for owner in sorted(owners.get(digits(row.telegram_id) or "", ())):
            if names[owner] != fold(row.name):
                yield f"employee {owner} and {label}: the same telegram_id"


def _different(rows: _Labelled) -> Iterator[str]:
    people: dict[int | None, list[tuple[str, _Row]]] = defaultdict(list)
    for label, row in rows:
        people[row.id if isinstance(row, Employee) else row.employee_id].append((label, row))
    people.pop(None, None)
    for own in people.values():
        for column, compared in _COMPARED.items():
            found = {label: value for label, row in own if (value := compared(row))}
            if len(set(found.values())) > 1:
                yield f"{' and '.join(found)}: different {column}"
