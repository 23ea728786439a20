"""Invites: a code that links one Telegram account, once, to the one person it was made for.

A code is 32 random characters, good for a day; the database holds its SHA-256 and nothing else of
it. Making one voids the one before, and so does every change of their link. Using it and linking
are one transaction, and every attempt is recorded, for who tries codes is stopped after a few. Who
may invite whom is not decided here. A manager's rights come with an operator's invite only.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

import asyncpg
import structlog

from bot.people.identity import Identity
from bot.people.linking import (
    Linked,
    Staff,
    Via,
    link,
    lock_people,
    read_staff,
    record,
    refresh,
    tell,
    void_invites,
)
from bot.people.member import Member
from sync.model.alerts import LEFT
from sync.model.facts import Account, LinkChanged
from sync.model.refs import PersonKey, RecipientType, RowRef, Table
from sync.model.states import fold
from sync.people.rows import digits, e164
from sync.postgres.locks import Lock, lock_for_transaction
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.rules.linking import invite_accepted

_SQL = Queries("bot.people", "invites.sql")
_LOG = structlog.get_logger()
GOOD_FOR = timedelta(hours=24)
#: Refused tries of one account within so long, after which it has to wait.
TRIES, WITHIN = 5, timedelta(minutes=15)
#: A second tap within so long is the same tap.
_SAME_TAP = timedelta(minutes=1)
#: Bytes of chance in a code: 32 characters of base64.
_CHANCE = 24
#: A code, as part of a link or by itself.
_CODE = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32}(?![\w-])")
#: What is recorded of a code that was shown to a group.
SHOWN = "shown_in_group"


class Outcome(StrEnum):
    """What became of an attempt to use a code."""

    LINKED = "linked"
    ALREADY_YOURS = "already_yours"  # the account is linked to the invited
    UNKNOWN = "unknown"  # no such code: guessed, or cut off
    USED = "used"
    EXPIRED = "expired"
    VOIDED = "voided"  # a newer one was made, their link was changed, or it was shown to a group
    TAKEN = "taken"  # the account belongs to somebody else than the invited
    LEFT = "left"  # the invited is not active any more
    TOO_MANY = "too_many"  # refused tries


#: What counts against who tries.
_REFUSED = frozenset(Outcome) - {Outcome.LINKED, Outcome.ALREADY_YOURS, Outcome.TOO_MANY}


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite just made: the only time that its code is known to us."""

    id: int
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What became of an attempt; of a known code also the name of the invited and the Telegram id
    of who invited them.
    """

    outcome: Outcome
    name: str | None = None
    inviter: int | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """A code that is good, with whom it is for."""

    id: int
    member: Member
    invited_by: str
    inviter: int | None
    operator: bool


def codes_in(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Whatever could be a code in these texts, each once."""
    return tuple(dict.fromkeys(code for text in texts for code in _CODE.findall(text or "")))


def actor(person: Identity, operators: Sequence[int]) -> PersonKey:
    """How it is written down who acts: as an operator of the settings, or by a "user" row."""
    if person.telegram_id in operators or not person.user_ids:
        return PersonKey(RecipientType.OPERATOR, person.telegram_id)
    return PersonKey(RecipientType.OPERATION_MANAGER, min(person.user_ids))


async def make_invite(
    connection: Connection, member: Member, by: PersonKey, *, replaces: int | None = None
) -> Invite:
    """A new invite for the person, in place of the one that was open. `replaces`: the account that
    they have, whose place the new one takes.
    """
    code, row = secrets.token_urlsafe(_CHANCE), str(member.ref)
    async with connection.transaction():
        # Two at once would both stay open.
        await lock_for_transaction(connection, Lock.LINKING)
        await void_invites(connection, member)
        made = await connection.fetchrow(
            _SQL["make"], _hash(code), row, member.employee_id, str(by), GOOD_FOR, replaces
        )
    assert made is not None  # noqa: S101 - an INSERT returns its row
    _LOG.info("invited", row=row, invite=made["id"], by=str(by))
    return Invite(made["id"], code, made["expires_at"])


async def was_sent(connection: Connection, invite: Invite, message_id: int) -> None:
    """Who made the invite has it before them."""
    await connection.execute(_SQL["sent"], invite.id, message_id)


async def has_just_got(connection: Connection, member: Member, by: PersonKey) -> bool:
    """Whether they have just been sent an invite for the person: this is their second tap."""
    row = str(member.ref)
    return bool(await connection.fetchval(_SQL["just_sent"], row, str(by), _SAME_TAP))


async def redeem(
    connection: Connection, code: str, account: Account, operators: tuple[int, ...] = ()
) -> Redeemed:
    """Links the account to whom the code was made for, if it is good; in one transaction with the
    record of the attempt and what others hear of it. Who tried too often leaves no record.

    What waits for them goes out by `release`, after they have read the answer.
    """
    async with connection.transaction():
        # The lock that linking takes: two accounts with one code come one after the other.
        await lock_for_transaction(connection, Lock.LINKING)
        tried = await connection.fetchval(_SQL["refused_tries"], account.id, list(_REFUSED), WITHIN)
        if tried >= TRIES:  # not even written down: else each further try would leave a row
            return Redeemed(Outcome.TOO_MANY)
        row = await connection.fetchrow(_SQL["find"], _hash(code))
        if row is None:
            await record(connection, account, Via.CODE, Outcome.UNKNOWN)
            return Redeemed(Outcome.UNKNOWN)
        redeemed = await _redeem(connection, row, account, operators)
    _LOG.info("code_tried", outcome=redeemed.outcome, invite=row["id"])
    return redeemed


async def void_shown(connection: Connection, codes: Iterable[str], telegram_id: int) -> bool:
    """Voids the invites whose codes somebody showed to a group; whether any was one of ours."""
    hashes = [_hash(code) for code in codes]
    shown = await connection.fetch(_SQL["void_shown"], hashes, telegram_id, SHOWN)
    if shown:
        _LOG.info("code_shown_in_group", invites=[row["invite_id"] for row in shown])
    return bool(shown)


async def _redeem(
    connection: Connection, row: asyncpg.Record, account: Account, operators: tuple[int, ...]
) -> Redeemed:
    await lock_people(connection)
    staff = await read_staff(connection, operators)
    table, _, id = row["row"].partition(" ")
    member, inviter = staff.of((table, int(id))), digits(row["inviter"])
    outcome = _refusal(row, member, account.id)
    if outcome is None and member:
        by = PersonKey.parse(row["invited_by"])
        operator = by is not None and by.type is RecipientType.OPERATOR and by.id in operators
        invite = _Open(
            row["id"], member, row["invited_by"], int(inviter) if inviter else None, operator
        )
        if await _accept(connection, staff, invite, account, operators):
            return Redeemed(Outcome.LINKED, member.name, invite.inviter)
        outcome = Outcome.TAKEN
    assert outcome is not None  # noqa: S101 - it is good only for a member
    await record(connection, account, Via.CODE, outcome, member, invite_id=row["id"])
    return Redeemed(outcome, member.name if member else None, int(inviter) if inviter else None)


def _refusal(row: asyncpg.Record, member: Member | None, telegram_id: int) -> Outcome | None:
    """Why the code opens nothing for this account, or None where it is good."""
    if member is None:
        return Outcome.UNKNOWN
    if member.telegram_id == telegram_id and member.reason not in LEFT:
        return Outcome.ALREADY_YOURS
    if row["used"]:
        return Outcome.USED
    # Whoever has another account by now was not to be given a new one.
    if row["voided"] or row["replaces"] != member.telegram_id:
        return Outcome.VOIDED
    if row["expired"]:
        return Outcome.EXPIRED
    if member.reason in LEFT:
        return Outcome.LEFT
    # Who tries their own link would become somebody else by it.
    return Outcome.TAKEN if row["invited_by"] == f"telegram:{telegram_id}" else None


async def _accept(
    connection: Connection,
    staff: Staff,
    invite: _Open,
    account: Account,
    operators: tuple[int, ...],
) -> bool:
    """Whether the account is theirs now; False where it is somebody else's."""
    member = invite.member
    if await _is_anothers(connection, member, account.id):
        return False
    linked = await link(
        connection,
        staff,
        member,
        account,
        Via.CODE,
        by=invite.inviter,
        manages=invite.operator,
        vouched=True,
        invite_id=invite.id,
    )
    if linked is None:
        return False
    await connection.execute(_SQL["use"], invite.id, account.id)
    await _tell(connection, staff, invite, linked, account, operators)
    return True


async def _tell(
    connection: Connection,
    staff: Staff,
    invite: _Open,
    linked: Linked,
    account: Account,
    operators: tuple[int, ...],
) -> None:
    """Who invited hears of it, and whoever hears of every change."""
    directory = await refresh(connection, operators)
    inviter = str(invite.inviter) if invite.inviter else None
    facts = LinkChanged(linked.what, linked.change, invite.member.name, account)
    news = invite_accepted(str(invite.id), facts, invite.invited_by, inviter)
    await tell(
        connection, staff, invite.member, linked, account, invite.inviter, directory, more=news
    )


async def _is_anothers(connection: Connection, member: Member, telegram_id: int) -> bool:
    """Whether the account is that of a user of BotZilla who is not seen to be the person."""
    own = {str(RowRef(Table(table), id)) for table, id in member.rows}
    rows = await connection.fetch(_SQL["traits"], list(own), str(telegram_id))
    seen = {trait for row in rows if row["row"] in own for trait in _traits(row)}
    return any(row["row"] not in own and not seen & _traits(row) for row in rows)


def _traits(row: asyncpg.Record) -> set[str]:
    """By what one sees whose a row is: e-mail and phone."""
    return {trait for trait in (fold(row["email"] or ""), e164(row["phone"])) if trait}


def _hash(code: str) -> bytes:
    return sha256(code.encode(errors="replace")).digest()
