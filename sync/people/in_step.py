"""The rows of one person kept in step: what is changed in one of them goes to the others. Pure.

BotZilla changes its rows beside us, each by itself. What the rows last agreed on tells which of
them was changed since. Only rows that somebody joined are one person here. Where two rows were
changed to different values, or a row that is new brings another one, nothing is written: the
employee's wins for use, and `People.problems` says so until somebody puts it right.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from sync.model.states import fold
from sync.people.people import People
from sync.people.rows import CrewMember, Employee, SalesPerson, digits, e164

LONGEST = {"telegram_id": 20, "phone": 20, "email": 100}


class Column(StrEnum):
    """What is kept in step."""

    TELEGRAM_ID = "telegram_id"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What some rows (like `crew_member:4`) last agreed on, in the form in which it is compared."""

    value: str | None = None
    rows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """The "user" that was made together with an employee; it only shares his Telegram id."""

    id: int
    employee_id: int
    telegram_id: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A text to be written in place of `was`."""

    was: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be written of one person: changes by row and column, and what is agreed now."""

    employee_id: int
    changes: Mapping[str, Mapping[Column, Change]]
    agreed: Mapping[Column, Agreement]


@dataclass(frozen=True, slots=True)
class Merged:
    """What the rows come to; `disagree`: nothing that could be said for all of them."""

    value: str | None = None
    disagree: bool = False


def compared(column: Column, text: str | None) -> str | None:
    """The value in the form in which it is compared, None for what cannot be used."""
    if column is Column.TELEGRAM_ID:
        return digits(text)
    if column is Column.PHONE:
        return e164(text)
    return fold(text) if text and "@" in text else None


def merge(
    rows: Mapping[str, str | None], agreed: Agreement, *, emptied_counts: bool = False
) -> Merged:
    """The value that all of `rows` should have, three-way against what they last `agreed` on.

    An empty value is filled from the others. `emptied_counts`: it is a change like any other in a
    row that bore the value.
    """
    former = {row: value for row, value in rows.items() if row in agreed.rows}
    changed = {value for value in former.values() if value not in (None, agreed.value)}
    if len(changed) > 1:
        return Merged(disagree=True)
    emptied = emptied_counts and agreed.value is not None and None in former.values()
    kept = None if emptied or agreed.value not in former.values() else agreed.value
    outcome = next(iter(changed), kept)
    brought = {value for row, value in rows.items() if row not in former} - {None}
    if emptied:
        brought.discard(agreed.value)
    if brought - {outcome} and (outcome is not None or len(brought) > 1):
        return Merged(disagree=True)
    return Merged(next(iter(brought), outcome))


@dataclass(frozen=True)
class Keeping:
    """Everybody's rows, and what the rows of each employee last agreed on."""

    people: People
    agreed: Mapping[int, Mapping[Column, Agreement]]
    accounts: tuple[Account, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """What is to be written so that everybody's rows are in step, as far as they can be."""
        steps = (self._step(employee) for employee in self.people.employees)
        return tuple(step for step in steps if step is not None)

    def _step(self, employee: Employee) -> Step | None:
        before = self.agreed.get(employee.id, {})
        if not before and not self._others.get(employee.id):
            return None
        changes: dict[str, dict[Column, Change]] = defaultdict(dict)
        agreed = dict(before)
        for column in Column:
            texts = self._texts(employee, column)
            values = {row: compared(column, text) for row, text in texts.items()}
            former = before.get(column, Agreement())
            merged = merge(values, former, emptied_counts=column is Column.TELEGRAM_ID)
            behind = [row for row, value in values.items() if value != merged.value]
            text = next((t for row, t in texts.items() if values[row] == merged.value), None)
            if merged.disagree or (behind and not self._may_have(employee, column, text)):
                continue
            agreed[column] = Agreement(merged.value, frozenset(values))
            for row in behind:
                changes[row][column] = Change(texts[row], (text or "").strip() or None)
        return Step(employee.id, dict(changes), agreed) if changes or agreed != before else None

    def _texts(self, employee: Employee, column: Column) -> dict[str, str | None]:
        """The texts of his rows, the employee's first, without those that cannot be used."""
        rows = ((f"employee:{employee.id}", employee), *self._others.get(employee.id, ()))
        texts = {key: text for key, row in rows for text in _cell(row, column)}
        return {
            key: text
            for key, text in texts.items()
            if not (text or "").strip() or compared(column, text) is not None
        }

    def _may_have(self, employee: Employee, column: Column, text: str | None) -> bool:
        """Whether the text fits, and is nobody else's; phones may be shared."""
        value = compared(column, text)
        if value is None or column is Column.PHONE:
            return len((text or "").strip()) <= LONGEST[column]
        his = {("employee", str(employee.id)), ("unjoined", fold(employee.name))}
        return len((text or "").strip()) <= LONGEST[column] and not (
            self._holders[column].get(value, set()) - his
        )

    @cached_property
    def _others(self) -> Mapping[int, list[tuple[str, "_Row"]]]:
        """The rows that are joined to each employee."""
        others: dict[int, list[tuple[str, _Row]]] = defaultdict(list)
        for key, row in _all_rows(self.people, self.accounts):
            if row.employee_id is not None:
                others[row.employee_id].append((key, row))
        return others

    @cached_property
    def _holders(self) -> Mapping[Column, Mapping[str, AbstractSet[tuple[str, str]]]]:
        """Whose each Telegram id and e-mail is: an employee's, or of somebody nobody joined."""
        holders: dict[Column, dict[str, set[tuple[str, str]]]] = {
            column: defaultdict(set) for column in (Column.TELEGRAM_ID, Column.EMAIL)
        }
        everybody = (
            *((("employee", str(e.id)), e) for e in self.people.employees),
            *((_holder(row), row) for _, row in _all_rows(self.people, self.accounts)),
        )
        for holder, row in everybody:
            for column, held in holders.items():
                for text in _cell(row, column):
                    if value := compared(column, text):
                        held[value].add(holder)
        return holders


_Row = CrewMember | SalesPerson | Account


def _all_rows(people: People, accounts: Iterable[Account]) -> Iterator[tuple[str, _Row]]:
    yield from ((f"crew_member:{row.id}", row) for row in people.crew_members)
    yield from ((f"sales_person:{row.id}", row) for row in people.sales_people)
    yield from ((f"user:{row.id}", row) for row in accounts)


def _holder(row: _Row) -> tuple[str, str]:
    if isinstance(row, Account) or row.employee_id is not None:
        return "employee", str(row.employee_id)
    return "unjoined", fold(row.name) or f"{type(row).__name__}:{row.id}"


def _cell(row: Employee | _Row, column: Column) -> tuple[str | None, ...]:
    """The row's text in this column; nothing where it has no such column."""
    if column is Column.TELEGRAM_ID:
        return (row.telegram_id,)
    if isinstance(row, Account):
        return ()
    if column is Column.PHONE:
        return (row.phone,)
    return (row.email,) if isinstance(row, Employee) or row.has_email else ()
