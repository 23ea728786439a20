"""Two alerts of one event are one, however they came about, and an event's key fits its index
whatever somebody wrote into Attic Tech.
"""

import random
import string

import pytest

from sync.model.alerts import AlertKind, Recipient, RecipientType
from sync.model.facts import StateUnknown
from sync.model.outbox import Alert, about
from sync.postgres.pool import Connection
from sync.reconcile.outbox import store_alerts
from tests.mirror import Town

PIP = "Plans In Progress"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection, operators=(900,))


async def test_two_spellings_of_one_state_in_one_batch_are_told_as_one(town: Town) -> None:
    await town.job(1, "Cancelled by them")
    await town.job(2, "CANCELLED BY THEM")
    await town.job(3, "Cancelled  by them ")
    assert await town.news() == [("state_unknown", "900", "pending")]
    assert await town.news() == []
    assert {(await town.row(job))["job_status_id"] is not None for job in (1, 2, 3)} == {True}


@pytest.mark.parametrize("length", [51, 3_000, 200_000])
async def test_a_state_of_any_length_is_stored_and_told_once(town: Town, length: int) -> None:
    words = "".join(random.Random(1).choices(string.ascii_letters + "ñß漢🙂", k=length))
    await town.job(1, words)
    assert await town.news() == [("state_unknown", "900", "pending")]
    await town.job(2, words.swapcase())
    assert await town.news() == []
    row = await town.row(1)
    assert (row["job_status_id"], row["known"]["status"]) == (None, words)


def test_keys_of_long_subjects_differ_and_are_short() -> None:
    to = Recipient(RecipientType.OPERATOR, 900)
    kind, says = AlertKind.STATE_UNKNOWN, StateUnknown("x")
    keys = {about(kind, "x" * 5_000 + end, to, says).event_key for end in "ab"}
    assert len(keys) == 2
    assert max(len(key.encode()) for key in keys) < 200
    assert about(kind, "on hold", to, says).event_key == "state_unknown:on hold:telegram:900"


async def test_alerts_with_one_key_are_stored_as_the_first_of_them(connection: Connection) -> None:
    to = Recipient(RecipientType.OPERATOR, 900, "900")
    alerts = [
        Alert(AlertKind.STATE_UNKNOWN, to, "state_unknown:x:telegram:900", StateUnknown(words))
        for words in ("x", "X")
    ]
    assert await store_alerts(connection, alerts) == 1
    assert await connection.fetchval("SELECT facts ->> 'state' FROM botzilla.alert") == "x"


async def test_a_leader_who_left_twice_while_no_manager_was_there_is_told_once(
    connection: Connection,
) -> None:
    town = await Town.build(connection)
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await connection.execute('UPDATE botzilla."user" SET telegram_id = NULL')
    for status in ("inactive", "active", "inactive"):
        await connection.execute(
            "UPDATE botzilla.employee SET status = $1 WHERE attic_tech_user_id = 7", status
        )
        await town.news()
    await connection.execute("UPDATE botzilla.\"user\" SET telegram_id = '101'")
    assert [news for news in await town.news() if news[2] == "pending"] == [
        ("crew_leader_unreachable", "101", "pending")
    ]
    assert await town.news() == []
    jobs = await connection.fetchval(
        "SELECT facts -> 'jobs' FROM botzilla.alert WHERE state = 'pending'"
    )
    assert [job["job_id"] for job in jobs] == [1, 2]
