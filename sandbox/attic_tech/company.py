"""A company of any size in the pretend Attic Tech, the same for the same numbers, with the shapes
of real data.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.attic_tech.dates import shown
from sandbox.attic_tech.store import Transaction
from sandbox.attic_tech.system import AtticTech

STATUSES = (
    "Requires Crew Lead",
    "Plans In Progress",
    "Pending Review",
    "Requires Scheduling",
    "Pre-Production",
    "In Production",
    "Production Complete",
    "Pending Payment",
    "Closed Job",
)
ROLES = ("Crew Leader", "Crew Member", "Operations Manager", "Authenticated")
_BRANCHES = ("San Diego", "Orange", "Riverside")
_GIVEN = (
    "Aaron",
    "Beatriz",
    "Carlos",
    "Elena",
    "Grace",
    "Héctor",
    "José",
    "Luz",
    "Marco",
    "Nadia",
    "Rosa",
    "Tomás",
)
_FAMILY = (
    "Abbott",
    "Becerra",
    "Castillo",
    "Flores",
    "García",
    "Hughes",
    "López",
    "Núñez",
    "O'Neil",
    "Ruiz",
    "Xu",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each; the first `jobs` estimates are sold and have a job."""

    jobs: int = 40
    estimates: int = 60
    users: int = 20


def found(system: AtticTech, size: Size) -> None:
    """Fill an empty Attic Tech in one transaction, with stamps spread over the last year."""
    dice = random.Random(1)
    with system.transaction() as transaction:
        roles = [_id(transaction, "roles", name=name) for name in ROLES]
        branches = [_id(transaction, "branches", name=name) for name in _BRANCHES]
        users = [_user(transaction, dice, n, roles, branches) for n in range(size.users)]
        year = timedelta(days=365)
        begin = system.now() - year
        for n in range(max(size.estimates, size.jobs)):
            stamp = shown(begin + year * (n / max(size.estimates, size.jobs)))
            estimate = _estimate(transaction, dice, n, size, branches, users, stamp)
            if n < size.jobs:
                _job(transaction, dice, n, estimate, users, stamp)


def _id(transaction: Transaction, collection: str, **fields: Any) -> int:
    return int(transaction.create(collection, fields)["id"])


def _user(
    transaction: Transaction, dice: random.Random, n: int, roles: list[int], branches: list[int]
) -> int:
    role = 0 if n % 4 == 0 else 3 if n % 4 == 3 else 1
    return _id(
        transaction,
        "users",
        name=f"{dice.choice(_GIVEN)} {dice.choice(_FAMILY)}",
        email=f"crew.{n:05d}@attic.example",
        roles=[roles[role]],
        branches=[branches[n % len(branches)]],
        isVerified=True,
    )


def _estimate(
    transaction: Transaction,
    dice: random.Random,
    n: int,
    size: Size,
    branches: list[int],
    users: list[int],
    stamp: str,
) -> int:
    given, family = dice.choice(_GIVEN), dice.choice(_FAMILY)
    stamps = {"createdAt": stamp, "updatedAt": stamp}
    client = _id(
        transaction,
        "clients",
        firstName=given,
        lastName=family,
        fullName=f"{given} {family}",
        phone=f"+1619555{n % 100 + 100:04d}",
        email=f"client.{n}@mail.example",
        **stamps,
    )
    place = {
        "address": f"{100 + n} Elm St",
        "city": "San Diego",
        "state": "CA",
        "postalCode": "92101",
    }
    return _id(
        transaction,
        "estimates",
        name=f"EST-{n + 1:06d} {family}",
        status="Sold" if n < size.jobs else dice.choice(("In Progress", "Released", "Lost")),
        user=users[3] if len(users) > 3 else None,
        branch=branches[n % len(branches)],
        client=client,
        property=_id(transaction, "properties", client=client, **place, **stamps),
        final_price=round(2000 + dice.random() * 6000, 2),
        labor_hours=dice.randint(8, 120) / 2,
        crew_notes="Bring the long ladder." if dice.random() < 0.3 else None,
        **stamps,
    )


def _job(
    transaction: Transaction,
    dice: random.Random,
    n: int,
    estimate: int,
    users: list[int],
    stamp: str,
) -> None:
    crew = dice.sample(users, k=min(len(users), dice.randint(0, 3)))
    transaction.create(
        "jobs",
        {
            "name": f"JOB-{n + 1:06d}",
            "status": dice.choice(STATUSES),
            "job_estimate": estimate,
            "assignedCrew": crew,
            "createdAt": stamp,
            "updatedAt": stamp,
        },
    )
