"""The outbox's statements: who is claimed, what a verdict changes, and what it leaves alone."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bot.delivery.outbox import LEASE, begin, claim, record, seconds_to_next, sweep, take_back
from bot.delivery.relevance import Drop, Move
from bot.delivery.verdict import Again, Aside, Delivered, Held, Unknown

pytestmark = pytest.mark.every_server

MINUTE = timedelta(seconds=60)


@pytest.fixture
def alert(connection):
    """Store an alert; returns its id. Everything that a test leaves out has a default."""

    async def store(lane: str | None = "102", state: str = "pending", **more) -> int:
        columns = {
            "kind": "job_assigned",
            "recipient_type": "crew_leader",
            "recipient_id": 7,
            "telegram_id": lane,
            "state": state,
            "event_key": uuid4().hex,
        } | more
        names = ", ".join(columns)
        marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        return await connection.fetchval(
            f"INSERT INTO botzilla.alert ({names}) VALUES ({marks}) RETURNING id",
            *columns.values(),
        )

    return store


@pytest.fixture
def now_in(connection):
    """A moment of the database's, some seconds from now."""

    async def moment(seconds: float):
        return await connection.fetchval("SELECT now() + make_interval(secs => $1)", seconds)

    return moment


async def ids(connection, limit: int = 50, resting: tuple[str, ...] = ()) -> list[int]:
    return [alert.id for alert in await claim(connection, limit, uuid4(), resting)]


async def states(connection) -> dict[int, str]:
    rows = await connection.fetch("SELECT id, state FROM botzilla.alert ORDER BY id")
    return {row["id"]: row["state"] for row in rows}


async def test_one_alert_of_each_recipient_is_claimed_the_oldest_first(connection, alert):
    first, _, other = await alert("102"), await alert("102"), await alert("103")
    assert await ids(connection) == [first, other]
    assert await ids(connection) == []


async def test_no_more_are_claimed_than_there_is_room_for(connection, alert):
    claimed = [await alert(str(lane)) for lane in range(200, 205)]
    assert await ids(connection, limit=2) == claimed[:2]


@pytest.mark.parametrize("older", ["sending", "held"])
async def test_nothing_overtakes_an_older_alert_that_waits(connection, alert, now_in, older):
    later = await now_in(60)
    await alert("102", state=older, next_attempt_at=later, lease_until=later)
    await alert("102")
    assert await ids(connection) == []


async def test_nothing_overtakes_an_older_alert_whose_time_has_not_come(connection, alert, now_in):
    await alert("102", next_attempt_at=await now_in(60))
    await alert("102")
    free = await alert("103")
    assert await ids(connection) == [free]


async def test_two_never_fly_at_once_to_one_chat(connection, alert, now_in):
    older = await alert("102", state="undeliverable")
    await alert("102", state="sending", lease_until=await now_in(60))
    await connection.execute("UPDATE botzilla.alert SET state = 'pending' WHERE id = $1", older)
    assert await ids(connection) == []


async def test_a_chat_that_rests_is_left_alone(connection, alert):
    await alert("102")
    free = await alert("103")
    assert await ids(connection, resting=("102",)) == [free]


async def test_alerts_for_make_are_not_ours(connection, alert):
    await alert("102", channel="make")
    ours = await alert("102")
    assert await ids(connection) == [ours]


async def test_alerts_without_an_address_are_claimed_each_for_itself(connection, alert):
    both = [await alert(None), await alert(None)]
    assert await ids(connection) == both


async def test_two_claimers_never_get_the_same_alert(connection, alert, pool):
    wanted = [await alert(str(lane)) for lane in range(200, 210)]
    async with pool.acquire() as one, pool.acquire() as two, one.transaction():
        first = await ids(one, limit=6)
        second = await ids(two)
    assert (first, second) == (wanted[:6], wanted[6:])


async def test_a_claim_is_a_lease_with_the_claimers_token(connection, alert):
    id, token = await alert(), uuid4()
    [claimed] = await claim(connection, 1, token)
    row = await connection.fetchrow(
        "SELECT state, lease_token, lease_until - now() AS lease FROM botzilla.alert WHERE id = $1",
        id,
    )
    assert (row["state"], row["lease_token"], claimed.lease_token) == ("sending", token, token)
    assert LEASE - timedelta(seconds=5) < row["lease"] <= LEASE


async def test_a_claim_whose_call_nobody_began_is_taken_back(connection, alert):
    id = await alert()
    await claim(connection, 1, uuid4())
    await take_back(connection)
    assert await ids(connection) == [id]


async def test_a_claim_whose_call_was_begun_is_not_taken_back(connection, alert):
    [id], [claimed] = [await alert()], await claim(connection, 1, uuid4())
    assert await begin(connection, id, claimed.lease_token)
    await take_back(connection)
    assert await states(connection) == {id: "sending"}


async def test_who_was_taken_back_from_cannot_begin(connection, alert):
    id = await alert()
    [former] = await claim(connection, 1, uuid4())
    await take_back(connection)
    assert not await begin(connection, id, former.lease_token)
    [claimed] = await claim(connection, 1, uuid4())
    assert not await begin(connection, id, former.lease_token)
    assert await begin(connection, id, claimed.lease_token)


async def test_who_slept_over_the_end_of_the_lease_cannot_begin(connection, alert):
    id = await alert()
    [claimed] = await claim(connection, 1, uuid4())
    await connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    assert not await begin(connection, id, claimed.lease_token)


async def test_a_lease_that_ran_out_before_the_call_began_is_due_again(connection, alert):
    id = await alert()
    await claim(connection, 1, uuid4())
    await connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    assert await sweep(connection) == []
    assert await ids(connection) == [id]


async def test_a_lease_that_ran_out_is_unknown_and_never_pending(connection, alert, now_in):
    lost = await alert("102", state="sending", lease_until=await now_in(-1))
    mine = await alert("103", state="sending", lease_until=await now_in(-1))
    alive = await alert("104", state="sending", lease_until=await now_in(60))
    assert await sweep(connection, [mine]) == [lost]
    assert await states(connection) == {lost: "unknown", mine: "sending", alive: "sending"}


async def test_held_alerts_become_due_when_their_time_has_come(connection, alert, now_in):
    due = await alert("102", state="held", reason="x", next_attempt_at=await now_in(-1))
    later = await alert("103", state="held", reason="x", next_attempt_at=await now_in(60))
    await sweep(connection)
    assert await states(connection) == {due: "pending", later: "held"}


async def test_the_next_look_is_when_something_becomes_due(connection, alert, now_in):
    assert await seconds_to_next(connection) is None
    await alert("102")
    assert await seconds_to_next(connection) is None
    await alert("103", next_attempt_at=await now_in(30))
    await alert("104", state="sending", lease_until=await now_in(10))
    assert 9 < await seconds_to_next(connection) <= 10


OUTCOMES = [
    Delivered(102, 9),
    Again(MINUTE),
    Again(MINUTE, lane=True, failure=False),
    Aside(MINUTE),
    Held("token_refused", MINUTE),
    Unknown(),
    Drop("done"),
    Move("555"),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
async def test_a_verdict_without_the_lease_changes_nothing(connection, alert, outcome):
    id = await alert()
    [claimed] = await claim(connection, 1, uuid4())
    before = await connection.fetch("SELECT * FROM botzilla.alert")
    assert not await record(connection, id, uuid4(), outcome)
    assert await connection.fetch("SELECT * FROM botzilla.alert") == before
    assert await record(connection, id, claimed.lease_token, outcome)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
async def test_a_late_verdict_changes_nothing(connection, alert, outcome):
    await alert()
    [claimed] = await claim(connection, 1, uuid4())
    await begin(connection, claimed.id, claimed.lease_token)
    await connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    await sweep(connection)
    assert not await record(connection, claimed.id, claimed.lease_token, outcome)
    assert await states(connection) == {claimed.id: "unknown"}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
async def test_no_verdict_leaves_a_lease(connection, alert, outcome):
    await alert()
    [claimed] = await claim(connection, 1, uuid4())
    await record(connection, claimed.id, claimed.lease_token, outcome)
    left = await connection.fetchval(
        "SELECT count(*) FROM botzilla.alert"
        " WHERE lease_token IS NOT NULL OR lease_until IS NOT NULL"
    )
    assert left == 0


async def test_a_429_rests_the_recipient_and_nobody_else(connection, alert, now_in):
    long = await now_in(600)
    mine, next, later, other = (
        await alert("102"),
        await alert("102"),
        await alert("102", next_attempt_at=long),
        await alert("103"),
    )
    [claimed] = await claim(connection, 1, uuid4())
    await record(connection, mine, claimed.lease_token, Again(MINUTE, lane=True, failure=False))
    rows = await connection.fetch(
        "SELECT id, attempts, round(extract(epoch FROM next_attempt_at - now()) / 60) AS minutes"
        " FROM botzilla.alert ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        (mine, 0, 1),
        (next, 0, 1),
        (later, 0, 10),
        (other, 0, 0),
    ]


async def test_a_failure_is_counted(connection, alert):
    id = await alert()
    [claimed] = await claim(connection, 1, uuid4())
    await record(connection, id, claimed.lease_token, Again(timedelta(0)))
    [claimed] = await claim(connection, 1, uuid4())
    assert claimed.attempts == 1


async def test_another_address_goes_for_all_that_waits_for_him(connection, alert):
    mine, other_role, next = (
        await alert("102"),
        await alert("102", recipient_type="operation_manager"),
        await alert("102"),
    )
    [claimed] = await claim(connection, 1, uuid4())
    await record(connection, mine, claimed.lease_token, Move("555"))
    rows = await connection.fetch("SELECT id, telegram_id, state FROM botzilla.alert ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (mine, "555", "pending"),
        (other_role, "102", "pending"),
        (next, "555", "pending"),
    ]


@pytest.mark.parametrize("column", ["kind", "recipient_type", "state"])
async def test_what_this_program_does_not_know_is_not_claimed_and_holds_up_nobody(
    connection, alert, column
):
    await connection.execute(
        "ALTER TABLE botzilla.alert DROP CONSTRAINT alert_state_check,"
        " DROP CONSTRAINT alert_recipient_type_check"
    )
    newer = {column: "of_a_newer_program"}
    theirs, ours, alone = (
        await alert("102", **newer),
        await alert("102"),
        await alert(None, **newer),
    )
    assert await ids(connection) == [ours]
    assert not {theirs, alone} & {
        id for id, state in (await states(connection)).items() if state == "sending"
    }


async def test_a_newer_alert_that_this_program_does_not_know_is_no_newer_one(connection, company):
    await connection.execute(
        "INSERT INTO botzilla.job_sync (id, attic_tech_job_id) VALUES (1, 1);"
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, telegram_id,"
        " event_key) SELECT kind, 1, 'crew_leader', 7, '102', kind"
        " FROM unnest(ARRAY['job_assigned', 'of_a_newer_program', 'state_changed']) AS kind"
    )
    [claimed] = await claim(connection, 1, uuid4())
    assert [newer.kind for newer in claimed.newer] == ["state_changed"]


async def test_what_telegram_fails_at_for_long_does_not_hold_up_its_lane(connection, alert):
    bad, next = await alert("102"), await alert("102")
    [claimed] = await claim(connection, 1, uuid4())
    await record(connection, bad, claimed.lease_token, Aside(MINUTE))
    assert await ids(connection) == [next]
    row = await connection.fetchrow(
        "SELECT state, reason, attempts FROM botzilla.alert WHERE id = $1", bad
    )
    assert tuple(row) == ("held", "not_taken", 1)
