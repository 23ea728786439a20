"""What somebody should put right among the rows that say who is who. Pure, no personal data."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from sync.model.states import fold
from sync.people.rows import CrewMember, Employee, SalesPerson, digits, e164

_Row = Employee | CrewMember | SalesPerson
#: Each row with its table and id.
_Labelled = Sequence[tuple[tuple[str, int], _Row]]


class Amiss(StrEnum):
    """What is wrong."""

    NO_NUMBER = "telegram_id is not a number"
    SHARED = "the same telegram_id"  # of two people
    DIFFERENT = "different"  # in the rows of one person


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right: in which rows, by table and id; `column` where those differ in it."""

    amiss: Amiss
    rows: tuple[tuple[str, int], ...]
    column: str = "telegram_id"

    def __str__(self) -> str:
        """In words, for the log."""
        if self.amiss is Amiss.SHARED and {table for table, _ in self.rows} == {"employee"}:
            rows = f"employees {', '.join(str(id) for _, id in self.rows)}"
        else:
            rows = " and ".join(f"{table} {id}" for table, id in self.rows)
        different = self.amiss is Amiss.DIFFERENT
        return f"{rows}: {self.amiss.value}{f' {self.column}' if different else ''}"


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
) -> tuple[Problem, ...]:
    """Telegram ids that are no numbers or two people's, and rows of one person that cannot be kept
    in step. `owners`: the employees by Telegram id.
    """
    rows: _Labelled = (
        *((("employee", row.id), row) for row in employees),
        *((("crew_member", row.id), row) for row in crew_members),
        *((("sales_person", row.id), row) for row in sales_people),
    )
    names = {employee.id: fold(employee.name) for employee in employees}
    return (*_unusable(rows), *_shared(owners), *_taken(rows, owners, names), *_different(rows))


def _unusable(rows: _Labelled) -> Iterator[Problem]:
    for label, row in rows:
        if (row.telegram_id or "").strip() and not digits(row.telegram_id):
            yield Problem(Amiss.NO_NUMBER, (label,))


def _shared(owners: Mapping[str, AbstractSet[int]]) -> Iterator[Problem]:
    for people in sorted(sorted(people) for people in owners.values() if len(people) > 1):
        yield Problem(Amiss.SHARED, tuple(("employee", id) for id in people))


def _taken(
    rows: _Labelled, owners: Mapping[str, AbstractSet[int]], names: Mapping[int, str]
) -> Iterator[Problem]:
    """Telegram ids of employees that somebody else bears whom nobody joined."""
    for label, row in rows:
        if isinstance(row, Employee) or row.employee_id is not None:
            continue
        for owner in sorted(owners.get(digits(row.telegram_id) or "", ())):
            if not names[owner] or names[owner] != fold(row.name):
                yield Problem(Amiss.SHARED, (("employee", owner), label))


def _different(rows: _Labelled) -> Iterator[Problem]:
    people: dict[int | None, list[tuple[tuple[str, int], _Row]]] = defaultdict(list)
    for label, row in rows:
        people[row.id if isinstance(row, Employee) else row.employee_id].append((label, row))
    people.pop(None, None)
    for own in people.values():
        for column, compared in _COMPARED.items():
            found = {label: value for label, row in own if (value := compared(row))}
            if len(set(found.values())) > 1:
                yield Problem(Amiss.DIFFERENT, tuple(found), column)
