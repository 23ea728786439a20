"""The pretend company's papers: forty jobs in Attic Tech, and its people's rows in BotZilla.

Everything is made from fixed lists, so that each demo is the same; stamps lie in the past year.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.demo.cast import BY_KEY, CAST, SAN_BERNARDINO, SAN_DIEGO, Role
from sync.model.states import State

#: A write to Attic Tech: (create, collection, fields) or (patch, collection, id, fields).
Write = tuple[Any, ...]

JOBS = 40
FIRST_JOB, FIRST_ESTIMATE, FIRST_CLIENT = 101, 201, 301
#: An estimate that is still being talked about when the day begins.
OPEN_ESTIMATE = FIRST_ESTIMATE + JOBS
#: As it is really written there: with a space too many.
_BRANCHES = ("San Diego", "San  Bernardino ")
_ROLES = (Role.CREW_LEADER, Role.CREW_MEMBER, Role.MANAGER, Role.SALESPERSON)
_ROLE_NAMES = ("Crew Leader", "Crew Member", "Operations Manager", "Sales")
_STATES = [
    state for state, n in zip(State, (4, 6, 4, 4, 3, 8, 3, 3, 5), strict=True) for _ in [0] * n
]
_GIVEN = ("Ana", "Mark", "Lucía", "Susan", "Hugo", "Grace")
_FAMILIES = ("Navarro", "O'Brien", "Nguyễn", "Peña & Sons", "Kowalski", "Henderson", "Reed")
_STREETS = (
    "Elm St",
    "Orange Grove Ave",
    "Mission Blvd",
    "Foothill Rd",
    "Juniper St",
    "La Jolla Ave",
)
_CREWS = {
    SAN_DIEGO: (("chris", "jose"), ("miguel", "jose")),
    SAN_BERNARDINO: (("teresa", "kevin"),),
}
_SELLERS = {SAN_DIEGO: "amy", SAN_BERNARDINO: "roberto"}


def _branch(number: int) -> str:
    return SAN_BERNARDINO if number % 3 == 2 else SAN_DIEGO


def _name(number: int) -> str:
    return f"{_FAMILIES[number % len(_FAMILIES)]} {_STREETS[number % len(_STREETS)]}"


def _new(collection: str, id_: int, **fields: Any) -> Write:
    return "create", collection, {"id": id_, **fields}


def _ids(keys: Iterable[str]) -> list[int | None]:
    return [BY_KEY[key].attic_id for key in keys]


def _sale(number: int, status: str, **stamps: str) -> Iterator[Write]:
    """The estimate with this number, counted from 0, its customer and the customer's house."""
    branch, client = _branch(number), FIRST_CLIENT + number
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILIES[number % len(_FAMILIES)]
    names = {"firstName": given, "lastName": family, "fullName": f"{given} {family}"}
    yield _new("clients", client, phone=f"(619) 555-0{100 + number}", **names, **stamps)
    place = {"address": f"{1200 + 37 * number} {_STREETS[number % len(_STREETS)]}", "city": branch}
    place |= {"state": "CA", "postalCode": "92103" if branch == SAN_DIEGO else "92405"}
    yield _new("properties", client, client=client, **place, **stamps)
    yield _new(
        "estimates",
        FIRST_ESTIMATE + number,
        name=_name(number),
        status=status,
        user=BY_KEY[_SELLERS[branch]].attic_id,
        branch=1 + [SAN_DIEGO, SAN_BERNARDINO].index(branch),
        client=client,
        property=client,
        final_price=3200 + 145 * number,
        labor_hours=18 + number % 9,
        crew_notes="Side gate is locked, ask for the key." if number % 4 == 0 else None,
        **stamps,
    )


def job(number: int, status: str, crew: Iterable[str], **stamps: str) -> Write:
    """The write that makes a job of the estimate with the same number, counted from 0."""
    fields = {"status": status, "job_estimate": FIRST_ESTIMATE + number, **stamps}
    return _new("jobs", FIRST_JOB + number, name=_name(number), assignedCrew=_ids(crew), **fields)


def change_job(id_: int, status: str | None = None, crew: Iterable[str] | None = None) -> Write:
    """The write that moves a job to `status`, or gives it the crew of these keys."""
    fields: dict[str, Any] = {} if status is None else {"status": status}
    if crew is not None:
        fields["assignedCrew"] = _ids(crew)
    return "patch", "jobs", id_, fields


def _staff(**stamps: str) -> Iterator[Write]:
    for id_, name in enumerate(_ROLE_NAMES, 1):
        yield _new("roles", id_, name=name, **stamps)
    for id_, name in enumerate(_BRANCHES, 1):
        yield _new("branches", id_, name=name, **stamps)
    for person in CAST:
        if person.attic_id:
            duties = {"roles": [1 + _ROLES.index(person.role)]}
            duties["branches"] = [1 + [SAN_DIEGO, SAN_BERNARDINO].index(person.branch or SAN_DIEGO)]
            known = {"name": person.name, "email": person.email}
            yield _new("users", person.attic_id, **known, **duties, **stamps)


def documents(now: datetime) -> list[Write]:
    """Everything that Attic Tech holds when the day begins."""

    def stamps(days: float) -> dict[str, str]:
        text = (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {"createdAt": text, "updatedAt": text}

    writes = [*_staff(**stamps(400)), *_sale(JOBS, "In Progress", **stamps(0.6))]
    for number, status in enumerate(_STATES):
        # The further a job has come, the older it is.
        when = stamps(1.3 + number * (1 + number / 10))
        crews = _CREWS[_branch(number)]
        crew = crews[number // 3 % len(crews)] if status is not State.REQUIRES_CREW_LEAD else ()
        writes += [*_sale(number, "Sold", **when), job(number, status, crew, **when)]
    return writes


def botzilla_rows() -> list[dict[str, Any]]:
    """The people as BotZilla has them, with the Telegram ids that the office has entered."""
    return [
        {
            "first_name": person.first_name,
            "last_name": person.name.partition(" ")[2],
            "name": person.name,
            "email": person.email,
            "role": person.role.name.lower(),
            "branch": person.branch,
            "telegram_id": str(person.telegram_id) if person.linked else None,
        }
        for person in CAST
        if person.branch
    ]
