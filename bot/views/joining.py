"""What `jobsync people link` shows: for each row in words whom it is joined to, or why not.

English, as the command line is; names are shown as they are, whoever prints them escapes them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sync.people.linkage import Against, Join, Joins, Named, Verdict

_SOURCES = {
    "crew_member": "crew member",
    "sales_person": "salesperson",
    "employee": "employee",
    "attic_user": "Attic Tech user",
}
_EVIDENCE = {"telegram_id": "Telegram id", "email": "e-mail", "phone": "phone", "name": "name"}
_AGAINST = {
    Against.TELEGRAM_ID: "the Telegram ids differ",
    Against.PHONE: "the phones differ",
    Against.BLOCKED: "is blocked in Attic Tech",
    Against.LEFT: "the employee has left",
    Against.NAMESAKE: "somebody else could be meant as well",
}
_VERDICTS = {
    Verdict.CERTAIN: "certain",
    Verdict.AMBIGUOUS: "ambiguous",
    Verdict.CONTRADICTED: "contradicted",
    Verdict.NOBODY: "with nobody",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and a table under it."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(joins: Joins) -> tuple[Section, ...]:
    """The three tables: what is certain first, then what is in doubt, then who has nobody."""
    return (
        _section("Crew members without an employee", "employee", joins.crew_members),
        _section("Salespeople without an employee", "employee", joins.sales_people),
        _section("Employees without an Attic Tech user", "Attic Tech user", joins.employees),
    )


def written(joins: Joins) -> tuple[Section, ...]:
    """The same tables, of what is certain only; those without anything are left out."""
    return tuple(
        _section(title, target, certain)
        for title, target, rows in (
            ("Crew members joined to an employee", "employee", joins.crew_members),
            ("Salespeople joined to an employee", "employee", joins.sales_people),
            ("Employees joined to an Attic Tech user", "Attic Tech user", joins.employees),
        )
        if (certain := [join for join in rows if join.verdict is Verdict.CERTAIN])
    )


def _section(title: str, target: str, joins: Sequence[Join]) -> Section:
    order = list(Verdict)
    rows = sorted(joins, key=lambda join: (order.index(join.verdict), join.row))
    return Section(
        f"{title}: {_counts(joins)}",
        ("row", "name", target, "by"),
        tuple((str(join.row.id), join.row.name, _target(join), _by(join)) for join in rows),
    )


def _counts(joins: Sequence[Join]) -> str:
    count = Counter(join.verdict for join in joins)
    parts = [f"{count[verdict]} {words}" for verdict, words in _VERDICTS.items() if count[verdict]]
    return ", ".join(parts) or "none"


def _target(join: Join) -> str:
    if join.verdict is Verdict.NOBODY:
        return "nobody"
    return " or ".join(f"{one.id} {one.name}" for one in join.candidates)


def _by(join: Join) -> str:
    evidence = ", ".join(_EVIDENCE[kind] for kind in join.evidence)
    if join.verdict is Verdict.AMBIGUOUS:
        rivals = " or ".join(map(_named, join.rivals))
        return f"ambiguous: {evidence}" + (f"; as well {rivals}" if rivals else "")
    return f"no: {evidence}, but {_AGAINST[join.against]}" if join.against else evidence


def _named(row: Named) -> str:
    return f"{_SOURCES[row.source]} {row.id} {row.name}"
