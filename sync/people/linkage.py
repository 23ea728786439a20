"""Which rows of BotZilla's are one person, before anybody has written it down. Pure.

Crew members and salespeople without an employee are joined to employees, employees without an
Attic Tech user to users. Certain is what points at exactly one, is pointed at by nothing else, and
is contradicted by nothing: what is written stays, so this is stricter than finding a job's leader.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, SalesPerson, digits, e164


class Verdict(StrEnum):
    """What becomes of a row."""

    CERTAIN = "certain"
    AMBIGUOUS = "ambiguous"  # several could be meant, here or there
    CONTRADICTED = "contradicted"  # one could be meant, and something says no
    NOBODY = "nobody"


class Against(StrEnum):
    """What says no."""

    TELEGRAM_ID = "telegram_id"  # the two bear different ones
    PHONE = "phone"
    BLOCKED = "blocked"  # in Attic Tech: another account of his may follow
    LEFT = "left"  # the employee is inactive, rejected or deleted
    NAMESAKE = "namesake"  # somebody whom nobody joined may be meant as well


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A row, and what somebody who reads of it knows it by."""

    source: str
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """What is known of one row. `candidates`: whom it could be joined to; `rivals`: rows that could
    be, or are, joined to the only candidate.
    """

    row: Named
    verdict: Verdict
    candidates: tuple[Named, ...] = ()
    evidence: tuple[str, ...] = ()
    against: Against | None = None
    rivals: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edge:
    """Evidence that two rows are one person."""

    row: Named
    to: Named
    evidence: tuple[str, ...]
    against: Against | None = None

    @property
    def means_another(self) -> bool:
        """Only the name is the same, and something shows that he is somebody else."""
        return self.evidence == ("name",) and self.against in (
            Against.TELEGRAM_ID,
            Against.PHONE,
            Against.BLOCKED,
        )


@dataclass(frozen=True, slots=True)
class Joins:
    """The plan for everybody who is not joined yet, by id."""

    crew_members: tuple[Join, ...] = ()
    sales_people: tuple[Join, ...] = ()
    employees: tuple[Join, ...] = ()

    @property
    def certain(self) -> tuple[Join, ...]:
        """What can be written."""
        everything = (*self.crew_members, *self.sales_people, *self.employees)
        return tuple(join for join in everything if join.verdict is Verdict.CERTAIN)


def plan_joins(people: People) -> Joins:
    """What would be joined to what, and why the rest would not."""
    return Joins(
        _row_joins(people, "crew_member", people.crew_members),
        _row_joins(people, "sales_person", people.sales_people),
        user_joins(people),
    )


def _row_joins(
    people: People, source: str, rows: Iterable[CrewMember | SalesPerson]
) -> tuple[Join, ...]:
    """Crew members or salespeople to employees; an employee has one of them at most by this."""
    rows = tuple(rows)
    unjoined = [row for row in rows if row.employee_id is None]
    joined: dict[int | None, Named] = {
        row.employee_id: Named(source, row.id, row.name)
        for row in reversed(rows)
        if row.employee_id is not None
    }
    edges = [edge for row in unjoined for edge in _row_edges(people, source, row)]
    return _judged((Named(source, row.id, row.name) for row in unjoined), edges, joined)


def _row_edges(people: People, source: str, row: CrewMember | SalesPerson) -> Iterator[_Edge]:
    pointing = people.matching.pointing(
        row.name, telegram_id=row.telegram_id, email=row.email, phone=row.phone
    )
    for employee, evidence in _by_employee(pointing):
        yield _Edge(
            Named(source, row.id, row.name),
            Named("employee", employee.id, employee.name),
            evidence,
            _row_against(employee, row),
        )


def _row_against(employee: Employee, row: CrewMember | SalesPerson) -> Against | None:
    if _differ(digits(employee.telegram_id), digits(row.telegram_id)):
        return Against.TELEGRAM_ID
    return Against.PHONE if _differ(e164(employee.phone), e164(row.phone)) else None


def user_joins(people: People) -> tuple[Join, ...]:
    """Employees to the users of Attic Tech that nobody is known to be."""
    known = {employee.attic_tech_user_id for employee in people.employees}
    edges = [
        edge
        for user in people.users
        if user.id not in known and user.visible and not user.gone
        for edge in _user_edges(people, user)
    ]
    unknown = [e for e in people.employees if e.attic_tech_user_id is None]
    return _judged((Named("employee", e.id, e.name) for e in unknown), edges, {})


def _user_edges(people: People, user: AtticUser) -> Iterator[_Edge]:
    pointing = people.matching.pointing(user.name, email=user.email, phone=user.phone)
    found = people.matching.evidence[user.id].certain
    for employee, evidence in _by_employee(pointing):
        if employee.attic_tech_user_id is None:
            sure = found is not None and found.employee == employee
            yield _Edge(
                Named("employee", employee.id, employee.name),
                Named("attic_user", user.id, user.name),
                evidence,
                _user_against(employee, user) or (None if sure else Against.NAMESAKE),
            )


def _user_against(employee: Employee, user: AtticUser) -> Against | None:
    if user.blocked:
        return Against.BLOCKED
    if employee.is_deleted or employee.status not in ("active", "pending"):
        return Against.LEFT
    return Against.PHONE if _differ(e164(employee.phone), e164(user.phone)) else None


def _by_employee(
    pointing: Mapping[str, Iterable[Employee]],
) -> Iterator[tuple[Employee, tuple[str, ...]]]:
    employees = {e.id: e for found in pointing.values() for e in found}
    for id, employee in employees.items():
        kinds = (kind for kind, found in pointing.items() if any(e.id == id for e in found))
        yield employee, tuple(kinds)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _judged(
    rows: Iterable[Named], edges: Iterable[_Edge], joined: Mapping[int | None, Named]
) -> tuple[Join, ...]:
    """A verdict on every row. `joined`: who is joined already to a candidate, by his id."""
    of_row: dict[Named, list[_Edge]] = defaultdict(list)
    of_candidate: dict[Named, list[_Edge]] = defaultdict(list)
    for edge in edges:
        of_row[edge.row].append(edge)
        if not edge.means_another:
            of_candidate[edge.to].append(edge)
    return tuple(_verdict(row, of_row[row], of_candidate, joined) for row in sorted(rows))


def _verdict(
    row: Named,
    edges: list[_Edge],
    of_candidate: Mapping[Named, list[_Edge]],
    joined: Mapping[int | None, Named],
) -> Join:
    if not edges:
        return Join(row, Verdict.NOBODY)
    meant = [edge for edge in edges if not edge.means_another] or edges
    candidates = tuple(sorted(edge.to for edge in meant))
    evidence = tuple(dict.fromkeys(kind for edge in meant for kind in edge.evidence))
    edge = min(meant, key=lambda edge: edge.to)
    if edge.means_another or (edge.against and len(meant) == 1):
        return Join(row, Verdict.CONTRADICTED, candidates, evidence, edge.against)
    if len(meant) > 1:
        return Join(row, Verdict.AMBIGUOUS, candidates, evidence)
    others = {rival.row for rival in of_candidate.get(edge.to, [])} - {row}
    if holder := joined.get(edge.to.id):
        others.add(holder)
    verdict = Verdict.AMBIGUOUS if others else Verdict.CERTAIN
    return Join(row, verdict, candidates, evidence, rivals=tuple(sorted(others)))
