"""A contact that somebody shares to be linked: what becomes of it, in one transaction.

His own phone number proves who he is, since Telegram has verified it: it links him at once where it
leads to one person, also away from a former account. Nobody learns by it who works here.
"""

from dataclasses import dataclass
from enum import StrEnum

import structlog

from bot.people.identity import Identity
from bot.people.linking import LinkRefused, link
from bot.people.phone import Owner, number_of, whose
from bot.people.requests import (
    CONTACTS_A_DAY,
    REQUESTS_A_DAY,
    Via,
    ask,
    asked_lately,
    branches_of,
    close,
    contacts_lately,
    draft,
    open_request,
    record,
    tell_moved,
)
from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.deciding.company import load_directory
from sync.directory import Directory

_LOG = structlog.get_logger()


class Answer(StrEnum):
    """What became of it; the values are the outcomes of attempts."""

    LINKED = "linked"
    ALREADY = "already"  # he is somebody here, and the number says nothing about him
    WAITS = "waits"  # he waits for approval; his managers have been asked
    ASKED = "asked"  # his managers have been asked before, or just now
    CHOOSE = "choose"  # he has to choose whose managers are asked
    FOREIGN = "foreign"  # somebody else's contact
    REFUSED = "refused"  # he has left, is in doubt, or writes from somebody else's account
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class Shared:
    """A contact as it came, with how Telegram shows the one who shared it."""

    user_id: int | None
    phone: str
    name: str
    username: str | None = None


async def share(
    connection: Connection, person: Identity, shared: Shared, operators: tuple[int, ...]
) -> Answer:
    """What becomes of the contact; written down, whatever it is."""
    async with connection.transaction():
        await lock_for_transaction(connection, Lock.LINKING)
        if await contacts_lately(connection, person.telegram_id) >= CONTACTS_A_DAY:
            return Answer.TOO_OFTEN
        if shared.user_id != person.telegram_id:
            answer = Answer.FOREIGN
        elif person.shut_out:
            answer = Answer.REFUSED
        else:
            return await _recognise(connection, person, shared, operators)
        await record(connection, person.telegram_id, Via.CONTACT, answer)
    _LOG.info("contact_shared", telegram_id=person.telegram_id, answer=answer)
    return answer


async def _recognise(
    connection: Connection, person: Identity, shared: Shared, operators: tuple[int, ...]
) -> Answer:
    directory = await load_directory(connection, operators)
    phone = number_of(shared.phone)
    owners = whose(phone, directory.people) if phone else ()
    if len(owners) == 1 and not owners[0].waits and not owners[0].has_left:
        return await _link(connection, person, owners[0], directory)
    if owners and all(owner.has_left for owner in owners):
        answer = Answer.REFUSED
    elif person.linked:
        answer = Answer.ALREADY
    else:
        answer = await _request(connection, person, shared, owners, directory)
    await record(connection, person.telegram_id, Via.CONTACT, answer)
    return answer


async def _link(
    connection: Connection, person: Identity, owner: Owner, directory: Directory
) -> Answer:
    linked = await link(connection, owner.whom, person.telegram_id)
    refused = isinstance(linked, LinkRefused)
    answer, employee = Answer.REFUSED if refused else Answer.LINKED, None
    if not isinstance(linked, LinkRefused):
        employee = linked.employee_id
    attempt = await record(connection, person.telegram_id, Via.CONTACT, answer, employee)
    if not isinstance(linked, LinkRefused):
        await tell_moved(connection, attempt, owner.name, linked, directory)
        if request := await open_request(connection, person.telegram_id):
            by = f"chat:{person.telegram_id}"
            await close(connection, request, by, approved_as=owner.name, employee_id=employee)
    return answer


async def _request(
    connection: Connection,
    person: Identity,
    shared: Shared,
    owners: tuple[Owner, ...],
    directory: Directory,
) -> Answer:
    """Managers are asked: those of his branch at once where he is known to wait for approval."""
    waiting = _waiting(owners)
    before = await asked_lately(connection, person.telegram_id)
    request = await draft(
        connection, person.telegram_id, shared.name, shared.username, number_of(shared.phone)
    )
    if request.asked_at is not None:
        return Answer.WAITS if waiting else Answer.ASKED
    if before >= REQUESTS_A_DAY:
        return Answer.TOO_OFTEN
    if waiting and isinstance(waiting.whom, int):
        branches = await branches_of(connection, waiting.whom)
        if branches and await ask(connection, request, branches[0], directory, waiting.name):
            return Answer.WAITS
    return Answer.CHOOSE


def _waiting(owners: tuple[Owner, ...]) -> Owner | None:
    """The one person who has the number, if he waits for approval."""
    return owners[0] if len(owners) == 1 and owners[0].waits else None


async def choose_branch(
    connection: Connection, person: Identity, branch_id: int, operators: tuple[int, ...]
) -> Answer | None:
    """Asks the managers of the branch that he chose; None where there is nothing to choose (any
    more), or no such branch.
    """
    async with connection.transaction():
        request = await open_request(connection, person.telegram_id)
        if request is None or person.shut_out:
            return None
        if request.asked_at is not None:
            return Answer.ASKED
        if await asked_lately(connection, person.telegram_id) >= REQUESTS_A_DAY:
            return Answer.TOO_OFTEN
        directory = await load_directory(connection, operators)
        owners = whose(request.phone, directory.people) if request.phone else ()
        waiting = _waiting(owners)
        known_as = waiting.name if waiting else None
        if await ask(connection, request, branch_id, directory, known_as) is None:
            return None
        await record(connection, person.telegram_id, Via.CONTACT, Answer.ASKED)
    _LOG.info("link_requested", request=request.id, branch=branch_id)
    return Answer.ASKED
