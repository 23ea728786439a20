"""Requests to be linked: somebody whom we cannot recognise asks, the managers of a branch decide.

One request is open per Telegram id. What is written here is part of the caller's transaction; who
may decide, and what a decision links, is in `bot/people/deciding.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from bot.people.identity import Identity, Role
from bot.people.linking import Linked
from sync.alerts import Recipient
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.store import store_alerts
from sync.directory import Directory
from sync.model.refs import PersonKey, RecipientType
from sync.rules.linking import link_decided, link_moved, link_requested

_SQL = Queries("bot.people", "requests.sql")
#: How often within a day managers are asked about somebody, and how often he may share a contact.
REQUESTS_A_DAY, CONTACTS_A_DAY = 3, 12


class Via(StrEnum):
    """How somebody tried to be linked."""

    CODE = "code"
    CONTACT = "contact"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its row says. `asked_at` is None while he has not chosen a branch; `approved`
    says how it was decided.
    """

    id: int
    telegram_id: int
    name: str
    username: str | None = None
    phone: str | None = None
    branch_id: int | None = None
    branch: str | None = None
    asked_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    approved: bool | None = None
    approved_as: str | None = None
    employee_id: int | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that one can choose."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Card:
    """Where a card of a request stands, and the language of its reader."""

    chat_id: int
    message_id: int
    language: str | None


def actor(person: Identity) -> str:
    """How it is written down who acted: `user:3`, `telegram:99`."""
    user = user_of(person)
    if user is None:
        return str(PersonKey(RecipientType.OPERATOR, person.telegram_id))
    return str(PersonKey(RecipientType.OPERATION_MANAGER, user))


def user_of(person: Identity) -> int | None:
    """The `"user"` row in which a manager acts."""
    return min(person.user_ids) if Role.MANAGER in person.roles and person.user_ids else None


async def record(
    connection: Connection,
    telegram_id: int,
    via: Via,
    outcome: str,
    employee_id: int | None = None,
    *,
    invite_id: int | None = None,
) -> int:
    """The id of the attempt, written down."""
    attempt = (telegram_id, via, outcome, employee_id, invite_id)
    return int(await connection.fetchval(_SQL["attempt"], *attempt))


async def contacts_lately(connection: Connection, telegram_id: int) -> int:
    """How many contacts he has shared within a day."""
    return int(await connection.fetchval(_SQL["contacts_lately"], telegram_id))


async def asked_lately(connection: Connection, telegram_id: int) -> int:
    """How often managers were asked about him within a day."""
    return int(await connection.fetchval(_SQL["asked_lately"], telegram_id))


async def draft(
    connection: Connection, telegram_id: int, name: str, username: str | None, phone: str | None
) -> Request:
    """His open request; a new one if he has none."""
    await connection.execute(_SQL["draft"], telegram_id, name, username, phone)
    request = await open_request(connection, telegram_id)
    assert request is not None  # noqa: S101 - just made
    return request


async def open_request(connection: Connection, telegram_id: int) -> Request | None:
    """His open request, locked, if he has one."""
    row = await connection.fetchrow(_SQL["open_of"], telegram_id)
    return _request(row) if row else None


async def read_request(connection: Connection, id: int, *, lock: bool = False) -> Request | None:
    """The request with this id. `lock`: nobody else decides it until the transaction ends."""
    if lock:
        await connection.execute(_SQL["lock"], id)
    row = await connection.fetchrow(_SQL["request"], id)
    return _request(row) if row else None


async def ask(
    connection: Connection,
    request: Request,
    branch_id: int,
    directory: Directory,
    known_as: str | None = None,
) -> Request | None:
    """The request with its branch, whose managers are asked; None where there is no such branch.

    `known_as`: the person in BotZilla, waiting for approval, whose phone it is.
    """
    branch = await connection.fetchval(_SQL["ask"], request.id, branch_id)
    if branch is None:
        return None
    facts = facts_of(request, branch_id, branch, known_as)
    await store_alerts(
        connection, link_requested(request.id, facts, directory, request.telegram_id)
    )
    return await read_request(connection, request.id)


def facts_of(
    request: Request, branch_id: int | None, branch: str | None, known_as: str | None = None
) -> dict[str, Any]:
    """What the card of a request shows."""
    return {
        "request": request.id,
        "name": request.name,
        "username": request.username,
        "phone": request.phone,
        "branch_id": branch_id,
        "branch": branch,
        "known_as": known_as,
    }


async def close(
    connection: Connection,
    request: Request,
    by: str,
    *,
    approved_as: str | None = None,
    employee_id: int | None = None,
) -> None:
    """Decides it: approved as somebody with this name, or refused; cards that wait to be sent are
    not sent any more.
    """
    approved = approved_as is not None
    await connection.execute(_SQL["decide"], request.id, by, approved, approved_as, employee_id)


async def tell_applicant(
    connection: Connection, request: Request, to: Recipient, *, approved_as: str | None
) -> None:
    """Lets him hear that he was approved as somebody, or (None) refused."""
    facts = {"approved": approved_as is not None, "name": approved_as}
    await store_alerts(connection, link_decided(str(request.id), facts, to))


async def tell_moved(
    connection: Connection, attempt: int, name: str, linked: Linked, directory: Directory
) -> None:
    """Lets his former chats and the managers of his branches hear that he has another account."""
    if not linked.former:
        return
    branches = await branches_of(connection, linked.employee_id)
    facts = {"name": name, "branch_id": branches[0] if branches else None}
    alerts = link_moved(str(attempt), facts, linked.former, branches, directory)
    await store_alerts(connection, alerts)


async def branches_of(connection: Connection, employee_id: int | None) -> list[int]:
    """Where an employee works and sells, his own branch first; nowhere for None."""
    rows = await connection.fetch(_SQL["branches_of"], employee_id)
    return [row["branch_id"] for row in rows]


async def all_branches(connection: Connection) -> tuple[Branch, ...]:
    """Every branch, by name."""
    return tuple(Branch(**row) for row in await connection.fetch(_SQL["branches"]))


async def cards_of(connection: Connection, request_id: int) -> tuple[Card, ...]:
    """Where the cards of a request stand."""
    return tuple(Card(**row) for row in await connection.fetch(_SQL["cards"], request_id))


async def request_at(connection: Connection, chat_id: int, message_id: int) -> int | None:
    """The request whose card this message is."""
    found: int | None = await connection.fetchval(_SQL["card_at"], chat_id, message_id)
    return found


async def called(connection: Connection, actor: str | None) -> str | None:
    """What to call whoever acted."""
    found: str | None = await connection.fetchval(_SQL["called"], actor)
    return found


def _request(row: asyncpg.Record) -> Request:
    values = dict(row)
    values.pop("created_at")
    return Request(**values)
