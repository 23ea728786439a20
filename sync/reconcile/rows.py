"""Rows that say who somebody is as plain values, whatever stands in their columns. Pure.

BotZilla's are not ours: a column may be empty, of another type than elsewhere, or hold anything
that somebody typed. Nothing of that is an error here, since everybody's rows are read at once.
"""

from collections.abc import Mapping
from typing import Any

from sync.model.branches import Branch
from sync.people.directory import Manager
from sync.people.rows import AtticUser, CrewMember, Employee, Login, SalesPerson

Columns = Mapping[str, Any]
_YES, _NO = (True, 1, "1", "t", "true"), (False, 0, "0", "f", "false")
_LARGEST_ID = 2**31 - 1


def text(value: object) -> str | None:
    """The value as text; None for an empty column, and for what is no single value."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    return str(value)


def flag(value: object, *, default: bool) -> bool:
    """The value as yes or no; `default` for an empty column, and for what is neither."""
    if isinstance(value, str):
        value = value.strip().lower()
    if isinstance(value, dict | list):
        return default
    return True if value in _YES else False if value in _NO else default


def number(value: object) -> int | None:
    """The value as an id, or None for what is none."""
    digits = (text(value) or "").strip()
    found = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else 0
    return found if 0 < found <= _LARGEST_ID else None


def numbers(value: object) -> tuple[int, ...]:
    """The value as ids; what is none is left out."""
    found = map(number, value if isinstance(value, list) else ())
    return tuple(id for id in found if id is not None)


def employee(row: Columns) -> Employee:
    """A row of `employee`. Somebody without a status is not active."""
    return Employee(
        row["id"],
        text(row["name"]) or "",
        text(row["email"]),
        text(row["phone"]),
        text(row["telegram_id"]),
        text(row["status"]) or "",
        flag(row["is_deleted"], default=False),
        number(row["attic_tech_user_id"]),
    )


def crew_member(row: Columns) -> CrewMember:
    """A row of `crew_member`."""
    return CrewMember(
        row["id"],
        text(row["name"]) or "",
        text(row["phone"]),
        text(row["telegram_id"]),
        flag(row["is_leader"], default=False),
        number(row["employee_id"]),
        text(row["email"]),
        row["has_email"],
    )


def sales_person(row: Columns) -> SalesPerson:
    """A row of `sales_person`; who does not say otherwise is active."""
    return SalesPerson(
        row["id"],
        text(row["name"]) or "",
        text(row["phone"]),
        text(row["telegram_id"]),
        flag(row["is_active"], default=True),
        number(row["employee_id"]),
        text(row["email"]),
        row["has_email"],
    )


def login(row: Columns) -> Login:
    """A row of `"user"` as somebody who may have left."""
    return Login(row["id"], text(row["telegram_id"]), text(row["email"]), text(row["phone"]))


def manager(row: Columns) -> Manager:
    """A row of `"user"` as a manager of his branches."""
    branches = frozenset(numbers(row["branches"]))
    return Manager(row["id"], text(row["telegram_id"]), branches, text(row["email"]))


def branch(row: Columns) -> Branch:
    """A row of `branch`."""
    return Branch(row["id"], text(row["name"]) or "", number(row["attic_tech_branch_id"]))


def attic_user(row: Columns) -> AtticUser:
    """A user of Attic Tech, as the mirror has him; not visible is who never could be read."""
    fields, state = row["fields"], row["state"]
    return AtticUser(
        row["id"],
        (text(fields.get("name")) or "").strip(),
        text(fields.get("email")),
        text(fields.get("phone")),
        numbers(fields.get("roles")),
        numbers(fields.get("branches")),
        flag(fields.get("isBlocked"), default=False),
        gone=state == "gone",
        visible=state in ("present", "gone") or (state == "set_aside" and bool(fields)),
    )
