"""Invites: a code that links one Telegram account, once, to the one employee it was made for.

A code is 32 random characters, good for a day; the database holds its SHA-256 and nothing else of
it. Making one voids the one before. Using it and linking are one transaction, and every attempt is
recorded, for who tries codes is stopped after a few. Who may invite whom is not decided here.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from bot.people.accounts import users_of
from bot.people.codes import Found, Outcome, refusal
from bot.people.linking import Linked, Why, link
from bot.people.requests import Via, close, open_request, record, tell_moved
from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_directory
from sync.deciding.store import store_alerts
from sync.person import digits
from sync.rules.invites import invite_accepted

_SQL = Queries("bot.people", "invites.sql")
_LOG = structlog.get_logger()
GOOD_FOR = timedelta(hours=24)
#: Refused tries of one account within so long, after which it has to wait.
TRIES, WITHIN = 5, timedelta(minutes=15)
#: A second tap within so long is the same tap.
_SAME_TAP = timedelta(minutes=1)
#: Bytes of chance in a code: 32 characters of base64.
_CHANCE = 24
#: What is recorded of a code that was shown to a group, and of a leaver whose account it linked.
SHOWN, TAKEN_OVER = "shown_in_group", "taken_over"


#: What counts against who tries.
_REFUSED = frozenset(Outcome) - {Outcome.LINKED, Outcome.ALREADY_YOURS, Outcome.TOO_MANY}
_BY_LINK = {
    Why.NO_SUCH_EMPLOYEE: Outcome.UNKNOWN,
    Why.LEFT: Outcome.LEFT,
    Why.TAKEN: Outcome.TAKEN,
}


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite just made: the only time that its code is known to us."""

    id: int
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What became of an attempt; of a known code also the name of the invited and the Telegram id
    of who invited him. `linked` is there where the outcome is `LINKED`.
    """

    outcome: Outcome
    name: str | None = None
    inviter: int | None = None
    linked: Linked | None = None


async def make_invite(connection: Connection, employee_id: int, invited_by: str) -> Invite:
    """A new invite for the employee, in place of the one that was open."""
    code = secrets.token_urlsafe(_CHANCE)
    async with connection.transaction():
        # Two at once would both stay open.
        await lock_for_transaction(connection, Lock.LINKING)
        row = await connection.fetchrow(
            _SQL["make"], _hash(code), employee_id, invited_by, GOOD_FOR
        )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    _LOG.info("invited", employee=employee_id, invite=row["id"], by=invited_by)
    return Invite(row["id"], code, row["expires_at"])


async def was_sent(connection: Connection, invite: Invite, message_id: int) -> None:
    """Who made the invite has it before him."""
    await connection.execute(_SQL["sent"], invite.id, message_id)


async def has_just_got(connection: Connection, employee_id: int, invited_by: str) -> bool:
    """Whether he has just been sent an invite for the employee: this is his second tap."""
    return bool(await connection.fetchval(_SQL["just_sent"], employee_id, invited_by, _SAME_TAP))


async def redeem(
    connection: Connection, code: str, telegram_id: int, operators: Sequence[int] = ()
) -> Redeemed:
    """Links the account to whom the code was made for, if it is good; in one transaction with the
    record of the attempt and what others hear of it. Who tried too often leaves no record.
    """
    async with connection.transaction():
        # The lock that linking takes: two accounts with one code come one after the other.
        await lock_for_transaction(connection, Lock.LINKING)
        refused = await connection.fetchval(
            _SQL["refused_tries"], telegram_id, list(_REFUSED), WITHIN
        )
        if refused >= TRIES:  # not even written down: else each further try would leave a row
            return Redeemed(Outcome.TOO_MANY)
        invite = await _find(connection, code, telegram_id)
        redeemed = await _use(connection, invite, telegram_id)
        of, employee = (invite.id, invite.employee_id) if invite else (None, None)
        attempt = await record(
            connection, telegram_id, Via.CODE, redeemed.outcome, employee, invite_id=of
        )
        if invite and redeemed.linked:
            for leaver in redeemed.linked.leavers:
                await record(
                    connection, telegram_id, Via.CODE, TAKEN_OVER, leaver, invite_id=invite.id
                )
            await _tell(connection, invite, attempt, redeemed.linked, operators)
            await _settle_request(connection, invite, telegram_id)
    _LOG.info("code_tried", outcome=redeemed.outcome, invite=of)
    return redeemed


async def void_shown(connection: Connection, codes: Iterable[str], telegram_id: int) -> bool:
    """Voids the invites whose codes somebody showed to a group; whether any was one of ours."""
    hashes = [_hash(code) for code in codes]
    shown = await connection.fetch(_SQL["void_shown"], hashes, telegram_id, SHOWN)
    if shown:
        _LOG.info("code_shown_in_group", invites=[row["invite_id"] for row in shown])
    return bool(shown)


async def _find(connection: Connection, code: str, telegram_id: int) -> Found | None:
    row = await connection.fetchrow(_SQL["find"], _hash(code), telegram_id)
    return Found(**row) if row else None


async def _use(connection: Connection, invite: Found | None, telegram_id: int) -> Redeemed:
    if invite is None:
        return Redeemed(Outcome.UNKNOWN)
    inviter = digits(invite.inviter)
    known = (invite.name, int(inviter) if inviter else None)
    if outcome := refusal(invite, telegram_id, await users_of(connection, telegram_id)):
        return Redeemed(outcome, *known)
    linked = await link(connection, invite.employee_id, telegram_id, over_leavers=True)
    if not isinstance(linked, Linked):
        return Redeemed(_BY_LINK[linked.why], *known)
    await connection.execute(_SQL["use"], invite.id, telegram_id)
    outcome = Outcome.ALREADY_YOURS if invite.his else Outcome.LINKED
    return Redeemed(outcome, *known, None if invite.his else linked)


async def _tell(
    connection: Connection, invite: Found, attempt: int, linked: Linked, operators: Sequence[int]
) -> None:
    """Who invited hears of it; so do the former account and his managers, if he had another."""
    news = invite_accepted(invite.id, invite.name, invite.invited_by, digits(invite.inviter))
    await store_alerts(connection, news)
    if linked.former:
        directory = await load_directory(connection, operators)
        await tell_moved(connection, attempt, invite.name, linked, directory)


async def _settle_request(connection: Connection, invite: Found, telegram_id: int) -> None:
    """Nobody has to decide any more who he is, if he asked for that."""
    if request := await open_request(connection, telegram_id):
        await close(
            connection,
            request,
            f"chat:{telegram_id}",
            approved_as=invite.name,
            employee_id=invite.employee_id,
        )


def _hash(code: str) -> bytes:
    return sha256(code.encode(errors="replace")).digest()
