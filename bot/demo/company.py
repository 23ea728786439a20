"""The pretend company's papers: forty jobs in Attic Tech, and its people's rows in BotZilla.

Everything is made from fixed lists, so that each demo is the same; stamps lie in the past year.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from bot.demo.cast import BY_KEY, CAST, SAN_BERNARDINO, SAN_DIEGO, Person, Role

#: A write to Attic Tech: (create, collection, fields) or (patch, collection, id, fields).
Write = tuple[Any, ...]

JOBS = 40
FIRST_JOB, FIRST_ESTIMATE, FIRST_CLIENT = 101, 201, 301
#: An estimate that is still being talked about when the day begins.
OPEN_ESTIMATE = FIRST_ESTIMATE + JOBS
#: Estimates that were never sold.
_UNSOLD = 8
_BRANCHES = {SAN_DIEGO: 1, SAN_BERNARDINO: 2}
#: As it is really written there: with a space too many.
_SPELLED = {1: "San Diego", 2: "San  Bernardino "}
_ROLES = {Role.LEADER: 1, Role.CREW: 2, Role.MANAGER: 3, Role.SALES: 4}
_ROLE_NAMES = ("Crew Leader", "Crew Member", "Operations Manager", "Sales")
_STATES = (
    *["Requires Crew Lead"] * 4,
    *["Plans In Progress"] * 6,
    *["Pending Review"] * 4,
    *["Requires Scheduling"] * 4,
    *["Pre-Production"] * 3,
    *["In Production"] * 8,
    *["Production Complete"] * 3,
    *["Pending Payment"] * 3,
    *["Closed Job"] * 5,
)
_FAMILIES = (
    "Henderson",
    "Navarro",
    "O'Brien",
    "Nguyễn",
    "Peña & Sons",
    "Kowalski",
    "Castillo",
    "Reed",
)
_GIVEN = ("Ana", "Mark", "Lucía", "Susan", "Hugo", "Grace")
_STREETS = (
    "Elm St",
    "Orange Grove Ave",
    "Mission Blvd",
    "Palm Canyon Dr",
    "Foothill Rd",
    "Juniper St",
    "La Jolla Ave",
)
_CITIES = {SAN_DIEGO: ("San Diego", "92103"), SAN_BERNARDINO: ("San Bernardino", "92405")}


def _branch(number: int) -> str:
    return SAN_BERNARDINO if number % 3 == 2 else SAN_DIEGO


def _of(role: Role, branch: str) -> list[Person]:
    return [
        person
        for person in CAST
        if person.role is role and person.branch == branch and person.linked
    ]


def _crew(number: int) -> list[int]:
    branch = _branch(number)
    leaders = cycle(_of(Role.LEADER, branch))
    leader = [next(leaders) for _ in range(number // 3 + 1)][-1]
    return [person.attic_id for person in (leader, *_of(Role.CREW, branch)) if person.attic_id]


def _customer(number: int, stamps: dict[str, str]) -> Iterator[Write]:
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILIES[number % len(_FAMILIES)]
    city, code = _CITIES[_branch(number)]
    client = FIRST_CLIENT + number
    yield (
        "create",
        "clients",
        {
            "id": client,
            "firstName": given,
            "lastName": family,
            "fullName": f"{given} {family}",
            "phone": f"(619) 555-0{100 + number}",
            "email": f"customer{number}@mail.example",
            **stamps,
        },
    )
    yield (
        "create",
        "properties",
        {
            "id": client,
            "client": client,
            "address": f"{1200 + 37 * number} {_STREETS[number % len(_STREETS)]}",
            "city": city,
            "state": "CA",
            "postalCode": code,
            **stamps,
        },
    )


def _estimate(number: int, status: str, stamps: dict[str, str]) -> Write:
    seller = _of(Role.SALES, _branch(number))[0]
    return (
        "create",
        "estimates",
        {
            "id": FIRST_ESTIMATE + number,
            "name": f"{_FAMILIES[number % len(_FAMILIES)]} {_STREETS[number % len(_STREETS)]}",
            "status": status,
            "user": seller.attic_id,
            "branch": _BRANCHES[_branch(number)],
            "client": FIRST_CLIENT + number,
            "property": FIRST_CLIENT + number,
            "final_price": 3200 + 145 * number,
            "labor_hours": 18 + number % 9,
            "crew_notes": "Side gate is locked, ask for the key." if number % 4 == 0 else None,
            **stamps,
        },
    )


def job(number: int, status: str, crew: list[int], stamps: dict[str, str] | None = None) -> Write:
    """The write that makes job `number` (counted from 0) of the estimate with the same number."""
    family, street = _FAMILIES[number % len(_FAMILIES)], _STREETS[number % len(_STREETS)]
    return (
        "create",
        "jobs",
        {
            "id": FIRST_JOB + number,
            "name": f"{family} {street}",
            "status": status,
            "job_estimate": FIRST_ESTIMATE + number,
            "assignedCrew": crew,
            **(stamps or {}),
        },
    )


def _staff(stamps: dict[str, str]) -> Iterator[Write]:
    for id_, name in enumerate(_ROLE_NAMES, 1):
        yield "create", "roles", {"id": id_, "name": name, **stamps}
    for id_, name in _SPELLED.items():
        yield "create", "branches", {"id": id_, "name": name, **stamps}
    for person in CAST:
        if person.attic_id:
            fields = {
                "id": person.attic_id,
                "name": person.name,
                "email": person.email,
                "roles": [_ROLES[person.role]],
                "branches": [_BRANCHES[person.branch or SAN_DIEGO]],
                **stamps,
            }
            yield "create", "users", fields


def documents(now: datetime) -> list[Write]:
    """Everything that Attic Tech holds when the day begins."""

    def stamps(days: float) -> dict[str, str]:
        moment = now - timedelta(days=days)
        text = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {"createdAt": text, "updatedAt": text}

    writes = list(_staff(stamps(400)))
    for number in range(JOBS + _UNSOLD):
        sold = number < JOBS
        # The further a job has come, the older it is.
        when = stamps(1.3 + number * (1 + number / 10) if sold else number - JOBS + 0.6)
        writes += _customer(number, when)
        writes.append(_estimate(number, "Sold" if sold else "In Progress", when))
        if sold:
            status = _STATES[number]
            crew = [] if status == "Requires Crew Lead" else _crew(number)
            writes.append(job(number, status, crew, when))
    return writes


def change_job(id_: int, status: str | None = None, crew: tuple[str, ...] | None = None) -> Write:
    """The write that moves a job to `status`, or gives it the crew of these keys."""
    fields: dict[str, Any] = {} if status is None else {"status": status}
    if crew is not None:
        fields["assignedCrew"] = [BY_KEY[key].attic_id for key in crew]
    return "patch", "jobs", id_, fields


def botzilla_rows() -> list[dict[str, Any]]:
    """The people as BotZilla has them: nobody's Telegram id but the managers' is entered yet."""
    known = (Role.MANAGER, Role.LEADER, Role.CREW, Role.SALES)
    return [
        {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "name": person.name,
            "email": person.email,
            "role": person.role.value,
            "branch": person.branch,
            "telegram_id": str(person.telegram_id) if person.role is Role.MANAGER else None,
        }
        for person in CAST
        if person.role in known
    ]
