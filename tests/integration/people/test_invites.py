"""Invites: one code, one account, one use, one day; and nothing of the code anywhere."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import structlog.testing

from bot.people.invites import (
    TRIES,
    Invite,
    Outcome,
    Redeemed,
    codes_in,
    has_just_got,
    make_invite,
    void_shown,
    was_sent,
)
from bot.people.invites import redeem as _redeem
from bot.people.linking import Account, read_staff, unlink_member
from sync.model.refs import PersonKey, RowRef, Table

CHRIS, ANOTHER, ADA, OPERATOR = 102, 103, 101, 900
CODE = "aB3-_" * 6 + "xy"


async def invite_to(connection, employee: int, by: str, replaces: int | None = None) -> Invite:
    member = (await read_staff(connection, ())).of(("employee", employee))
    assert member
    return await make_invite(connection, member, PersonKey.parse(by), replaces=replaces)


async def redeem(connection, code: str, telegram_id: int) -> Redeemed:
    return await _redeem(connection, code, Account(telegram_id, "Somebody"), (OPERATOR,))


@pytest.fixture
async def ada(company) -> int:
    return await company.manager(telegram_id=str(ADA))


@pytest.fixture
async def chris(company, ada):
    return await company.leader("Chris Jordan")


@pytest.fixture
async def invite(connection, ada, chris):
    return await invite_to(connection, chris.employee, f"user:{ada}")


async def age(connection, length: timedelta) -> None:
    """Everything about invites becomes so much older."""
    await connection.execute(
        "UPDATE botzilla.telegram_invite SET created_at = created_at - $1::interval,"
        " expires_at = expires_at - $1::interval",
        length,
    )
    await connection.execute(
        "UPDATE botzilla.telegram_link_attempt SET attempted_at = attempted_at - $1::interval",
        length,
    )


async def attempts(connection) -> list[tuple]:
    rows = await connection.fetch(
        "SELECT telegram_id, via, outcome, invite_id, employee_id"
        " FROM botzilla.telegram_link_attempt ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def address(connection, employee: int) -> str | None:
    return await connection.fetchval(
        "SELECT telegram_id FROM botzilla.employee WHERE id = $1", employee
    )


async def test_a_code_is_random_good_for_a_day_and_bound_to_one_employee(
    connection, ada, chris, invite
):
    again = await invite_to(connection, chris.employee, f"user:{ada}")
    assert invite.code != again.code
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", again.code)
    left = again.expires_at - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24, minutes=1)
    row = await connection.fetchrow(
        "SELECT for_row, invited_by, used_at, used_by, voided_at FROM botzilla.telegram_invite"
        " WHERE id = $1",
        again.id,
    )
    assert tuple(row) == (f"employee {chris.employee}", f"user:{ada}", None, None, None)


async def test_a_good_code_links_at_once(connection, chris, invite):
    linked = Redeemed(Outcome.LINKED, "Chris Jordan", ADA)
    assert await redeem(connection, invite.code, CHRIS) == linked
    assert await address(connection, chris.employee) == str(CHRIS)
    assert await attempts(connection) == [(CHRIS, "code", "linked", invite.id, chris.employee)]
    row = await connection.fetchrow("SELECT used_by, used_at FROM botzilla.telegram_invite")
    assert (row["used_by"], row["used_at"] is not None) == (CHRIS, True)


async def test_who_invited_hears_of_it_once_with_the_account(connection, ada, chris, invite):
    for _ in range(2):
        await redeem(connection, invite.code, CHRIS)
    rows = await connection.fetch(
        "SELECT recipient_type, recipient_id, telegram_id, event_key, state, facts"
        " FROM botzilla.alert WHERE kind = 'invite_accepted'"
    )
    facts = {
        "what": "linked",
        "change": 1,
        "name": "Chris Jordan",
        "account": {"id": CHRIS, "name": "Somebody"},
    }
    key = f"invite_accepted:{invite.id}:user:{ada}"
    assert [tuple(row) for row in rows] == [
        ("operation_manager", ada, str(ADA), key, "pending", facts)
    ]


async def test_an_operator_who_invited_hears_of_it(connection, chris):
    invite = await invite_to(connection, chris.employee, f"telegram:{OPERATOR}")
    assert (await redeem(connection, invite.code, CHRIS)).inviter == OPERATOR
    row = await connection.fetchrow("SELECT recipient_type, recipient_id FROM botzilla.alert")
    assert tuple(row) == ("operator", OPERATOR)


async def test_an_inviter_without_an_address_costs_nobody_his_link(connection, ada, chris, invite):
    await connection.execute('UPDATE botzilla."user" SET telegram_id = NULL')
    redeemed = await redeem(connection, invite.code, CHRIS)
    assert (redeemed.outcome, redeemed.inviter) == (Outcome.LINKED, None)
    other = await invite_to(connection, chris.employee, "user:99999", replaces=CHRIS)
    assert (await redeem(connection, other.code, 104)).outcome is Outcome.LINKED
    kinds = await connection.fetch("SELECT DISTINCT kind FROM botzilla.alert")
    assert "invite_accepted" not in {row["kind"] for row in kinds}


async def test_the_same_account_hears_that_it_is_linked_however_often_it_taps(
    connection, chris, invite
):
    outcomes = [(await redeem(connection, invite.code, CHRIS)).outcome for _ in range(TRIES + 3)]
    assert outcomes == [Outcome.LINKED] + [Outcome.ALREADY_YOURS] * (TRIES + 2)


async def test_a_second_account_with_a_used_code_is_refused(connection, chris, invite):
    await redeem(connection, invite.code, CHRIS)
    assert await redeem(connection, invite.code, ANOTHER) == Redeemed(
        Outcome.USED, "Chris Jordan", ADA
    )
    assert await address(connection, chris.employee) == str(CHRIS)
    assert (await attempts(connection))[1:] == [
        (ANOTHER, "code", "used", invite.id, chris.employee)
    ]


async def test_who_was_unlinked_does_not_come_back_by_his_old_code(connection, chris, invite):
    await redeem(connection, invite.code, CHRIS)
    await unlink_member(connection, ("employee", chris.employee), CHRIS, CHRIS, ())
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.USED
    assert await address(connection, chris.employee) is None


async def test_a_code_is_good_until_its_day_is_over(connection, chris, invite):
    await age(connection, timedelta(hours=23, minutes=59))
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_a_code_that_expired_is_refused(connection, chris, invite):
    await age(connection, timedelta(hours=24, seconds=1))
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.EXPIRED
    assert await address(connection, chris.employee) is None


async def test_a_new_code_voids_the_one_before_of_that_employee_only(
    connection, company, ada, chris, invite
):
    ann = await company.leader("Ann Fox")
    hers = await invite_to(connection, ann.employee, f"user:{ada}")
    newer = await invite_to(connection, chris.employee, "telegram:900")
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.VOIDED
    assert (await redeem(connection, newer.code, CHRIS)).outcome is Outcome.LINKED
    assert (await redeem(connection, hers.code, ANOTHER)).outcome is Outcome.LINKED


async def test_of_many_invites_made_at_once_one_is_open(pool, connection, ada, chris):
    async def invited():
        async with pool.acquire() as own:
            return await invite_to(own, chris.employee, f"user:{ada}")

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(invited())
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM botzilla.telegram_invite WHERE voided_at IS NULL"
        )
        == 1
    )


@pytest.mark.parametrize("code", ["", "CODE", "x" * 32, "é" * 40, "\ud800", "' OR true --"])
async def test_a_guessed_code_is_unknown_and_recorded(connection, invite, code):
    assert await redeem(connection, code, CHRIS) == Redeemed(Outcome.UNKNOWN)
    assert await attempts(connection) == [(CHRIS, "code", "unknown", None, None)]


async def test_a_code_in_another_case_is_another_code(connection, invite):
    assert (await redeem(connection, invite.code.swapcase(), CHRIS)).outcome is Outcome.UNKNOWN


async def test_who_tries_too_often_waits_also_with_a_good_code(connection, chris, invite):
    for _ in range(TRIES):
        assert (await redeem(connection, "guess", CHRIS)).outcome is Outcome.UNKNOWN
    for _ in range(3):
        assert await redeem(connection, invite.code, CHRIS) == Redeemed(Outcome.TOO_MANY)
    assert len(await attempts(connection)) == TRIES
    assert await address(connection, chris.employee) is None
    await age(connection, timedelta(minutes=15, seconds=1))
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_many_guesses_at_once_are_no_more_tries(pool, connection):
    async def guess():
        async with pool.acquire() as own:
            return (await redeem(own, "guess", CHRIS)).outcome

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(guess()) for _ in range(TRIES + 4)]
    outcomes = sorted(task.result() for task in tasks)
    assert outcomes == [Outcome.TOO_MANY] * 4 + [Outcome.UNKNOWN] * TRIES


async def test_the_tries_of_one_account_stop_nobody_else(connection, invite):
    for _ in range(TRIES + 1):
        await redeem(connection, "guess", ANOTHER)
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_however_long_somebody_guesses_they_leave_a_bounded_number_of_rows(
    connection, invite
):
    """Each `/start CODE` wrote a row for ever, also those that were refused unseen."""
    for _ in range(5):
        for _ in range(TRIES + 3):
            await redeem(connection, "guess", CHRIS)
        await age(connection, timedelta(days=1, seconds=1))
    assert len(await attempts(connection)) == TRIES


async def test_one_try_fewer_is_not_too_many(connection, invite):
    for _ in range(TRIES - 1):
        await redeem(connection, "guess", CHRIS)
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_an_account_of_somebody_else_is_refused_and_the_code_stays_good(
    connection, company, chris, invite
):
    ann = await company.leader("Ann Fox", telegram_id=f" {ANOTHER}")
    assert await redeem(connection, invite.code, ANOTHER) == Redeemed(
        Outcome.TAKEN, "Chris Jordan", ADA
    )
    assert await address(connection, ann.employee) == f" {ANOTHER}"
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_a_manager_who_tries_the_link_stays_who_he_is(connection, chris, invite):
    assert (await redeem(connection, invite.code, ADA)).outcome is Outcome.TAKEN
    assert await address(connection, chris.employee) is None
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


@pytest.mark.parametrize("trait", ["email", "phone"])
async def test_a_manager_who_is_the_invited_is_linked(connection, company, chris, trait):
    await connection.execute("UPDATE botzilla.employee SET phone_number = '(619) 555-0142'")
    email = await connection.fetchval("SELECT upper(email) FROM botzilla.employee")
    traits = {"email": f" {email}"} if trait == "email" else {"phone": "+1 619-555-0142"}
    own = await company.user(role="operation manager", telegram_id=str(CHRIS), **traits)
    invite = await invite_to(connection, chris.employee, f"user:{own}")
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED
    for table in ("employee", "crew_member"):
        await connection.execute(f"UPDATE botzilla.{table} SET telegram_id = NULL")
    other = await company.user(role="admin", telegram_id=f" {CHRIS}", email="other@example.com")
    again = await invite_to(connection, chris.employee, f"user:{other}")
    assert (await redeem(connection, again.code, CHRIS)).outcome is Outcome.TAKEN


@pytest.mark.parametrize("change", ["status = 'inactive'", "status = 'rejected'"])
async def test_who_left_meanwhile_is_not_linked(connection, chris, invite, change):
    await connection.execute(f"UPDATE botzilla.employee SET {change}")
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LEFT
    assert await address(connection, chris.employee) is None


async def test_a_leaver_does_not_hear_that_he_is_linked(connection, chris, invite):
    await redeem(connection, invite.code, CHRIS)
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.USED


async def test_an_invite_takes_the_place_of_the_account_that_it_names_and_of_no_other(
    connection, chris, invite
):
    await connection.execute("UPDATE botzilla.employee SET telegram_id = '9'")
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.VOIDED
    new = await invite_to(connection, chris.employee, f"telegram:{OPERATOR}", replaces=9)
    assert (await redeem(connection, new.code, CHRIS)).outcome is Outcome.LINKED
    told = await connection.fetch(
        "SELECT recipient_type, telegram_id, facts ->> 'what' FROM botzilla.alert"
        " WHERE kind = 'link_moved'"
    )
    assert [tuple(row) for row in told] == [("chat", "9", "replaced")]


@pytest.mark.parametrize("by", ["user", "operator"])
async def test_a_manager_goes_on_managing_by_an_operators_invite_only(
    connection, company, ada, chris, by
):
    await connection.execute("UPDATE botzilla.employee SET telegram_id = '9'")
    dana = await company.manager(telegram_id="9 ")
    inviter = f"telegram:{OPERATOR}" if by == "operator" else f"user:{ada}"
    new = await invite_to(connection, chris.employee, inviter, replaces=9)
    assert (await redeem(connection, new.code, CHRIS)).outcome is Outcome.LINKED
    found = await connection.fetchval('SELECT telegram_id FROM botzilla."user" WHERE id = $1', dana)
    assert found == (str(CHRIS) if by == "operator" else None)


async def test_an_operator_of_yesterday_makes_no_manager(connection, company, chris):
    row = await company.manager(email="dana@example.com")
    member = (await read_staff(connection, ())).of(RowRef(Table.USER, row))
    invite = await make_invite(connection, member, PersonKey.parse("telegram:901"))
    await redeem(connection, invite.code, CHRIS)
    found = await connection.fetchval('SELECT telegram_id FROM botzilla."user" WHERE id = $1', row)
    assert found is None


async def test_of_two_accounts_with_one_code_one_wins(pool, connection, chris, invite):
    async def tries(telegram_id: int):
        async with pool.acquire() as own:
            return telegram_id, (await redeem(own, invite.code, telegram_id)).outcome

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tries(id)) for id in (CHRIS, ANOTHER, 104, 105)]
    outcomes = dict(task.result() for task in tasks)
    assert sorted(outcomes.values()) == [Outcome.LINKED] + [Outcome.USED] * 3
    (winner,) = (id for id, outcome in outcomes.items() if outcome is Outcome.LINKED)
    assert await address(connection, chris.employee) == str(winner)
    assert await connection.fetchval("SELECT used_by FROM botzilla.telegram_invite") == winner


async def test_a_link_that_fails_uses_nothing_up(connection, chris, invite):
    await connection.execute("ALTER TABLE botzilla.alert RENAME TO lost")
    with pytest.raises(Exception, match="alert"):
        await redeem(connection, invite.code, CHRIS)
    await connection.execute("ALTER TABLE botzilla.lost RENAME TO alert")
    assert await attempts(connection) == []
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_a_code_shown_to_a_group_is_void_and_recorded(connection, chris, invite):
    assert await void_shown(connection, ["x" * 32, invite.code], ADA)
    assert await attempts(connection) == [
        (ADA, "code", "shown_in_group", invite.id, chris.employee)
    ]
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.VOIDED


async def test_what_is_no_code_of_ours_voids_nothing(connection, invite):
    assert not await void_shown(connection, ["x" * 32], ADA)
    assert await attempts(connection) == []
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.LINKED


async def test_a_used_code_shown_to_a_group_stays_used(connection, invite):
    await redeem(connection, invite.code, CHRIS)
    assert await void_shown(connection, [invite.code], CHRIS)
    row = await connection.fetchrow("SELECT voided_at FROM botzilla.telegram_invite")
    assert row["voided_at"] is None


async def test_showing_a_code_is_no_refused_try(connection, invite):
    for _ in range(TRIES + 1):
        await void_shown(connection, [invite.code], CHRIS)
    assert (await redeem(connection, invite.code, CHRIS)).outcome is Outcome.VOIDED


async def test_a_second_tap_is_told_from_a_second_wish(connection, ada, chris, invite):
    by, member = PersonKey.parse(f"user:{ada}"), (await read_staff(connection, ())).members[0]
    assert member.id == chris.employee
    assert not await has_just_got(connection, member, by)
    await was_sent(connection, invite, 77)
    assert await has_just_got(connection, member, by)
    assert not await has_just_got(connection, member, PersonKey.parse("telegram:900"))
    await redeem(connection, "guess", CHRIS)
    assert await has_just_got(connection, member, by)
    await age(connection, timedelta(seconds=61))
    assert not await has_just_got(connection, member, by)


async def test_nothing_of_a_code_is_kept_but_its_hash(connection, chris, invite):
    with structlog.testing.capture_logs() as logs:
        for account in (ANOTHER, CHRIS):
            await redeem(connection, invite.code, account)
        await void_shown(connection, [invite.code], CHRIS)
    tables = await connection.fetch(
        "SELECT quote_ident(table_name) AS name FROM information_schema.tables"
        " WHERE table_schema = 'botzilla' AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        rows = await connection.fetch(f"SELECT t::text AS row FROM botzilla.{table['name']} t")
        assert not [row for row in rows if invite.code in row["row"]], table["name"]
    assert logs
    assert invite.code not in str(logs)
    kept = await connection.fetchval("SELECT code_hash FROM botzilla.telegram_invite")
    assert kept == sha256(invite.code.encode()).digest()
    assert invite.code.encode() not in kept


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (CODE, (CODE,)),
        (f"/start {CODE}", (CODE,)),
        (f"https://t.me/jobs_bot?start={CODE}", (CODE,)),
        (f"look: {CODE}. And {CODE}!", (CODE,)),
        (CODE + "x", ()),
        (CODE[1:], ()),
        (CODE[:-1] + "é", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_what_could_be_a_code(text, codes):
    assert codes_in([text]) == codes
