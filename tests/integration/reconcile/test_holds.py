"""A mass loss of leaders is held until it is put right or accepted, whatever happens meanwhile;
told once, and what was told stays true.
"""

from typing import Any

import pytest

from sync.postgres.pool import Connection
from sync.reconcile import Run, decide
from tests.mirror import LEADER, MEMBER, Town
from tests.statements import recorded

PIP, CLOSED = "Plans In Progress", "Closed Job"
HELD = ("mass_change_held", "101", "pending")


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def lead(town: Town, *jobs: int, leader: int = 7) -> None:
    """They are led and told of, and it is all well."""
    for number in jobs:
        await town.job(number, PIP, assignedCrew=[leader])
    await town.news()
    await town.told()


async def lose(town: Town, jobs: int) -> None:
    """So many jobs lose Chris, who lost his role; that is held."""
    await lead(town, *range(1, jobs + 1))
    await town.put("users", 7, roles=[MEMBER])
    assert await town.news() == [HELD]


async def leaders(town: Town) -> set[int | None]:
    rows = await town.connection.fetch("SELECT attic_tech_crew_leader_id FROM botzilla.job_sync")
    return {row[0] for row in rows}


async def facts(town: Town) -> dict[str, Any]:
    """What the operators' message says."""
    return await town.connection.fetchval(
        "SELECT facts FROM botzilla.alert WHERE kind = 'mass_change_held' ORDER BY id DESC LIMIT 1"
    )


async def test_of_thirty_held_the_ten_that_stay_open_stay_held_though_twenty_are_closed(
    town: Town,
) -> None:
    await lose(town, 30)
    for number in range(1, 21):
        await town.job(number, CLOSED)
    await town.decide()
    assert {kind for kind, *_ in await town.new_alerts()} <= {"state_changed"}
    assert await town.news() == []
    assert await leaders(town) == {7}


async def test_a_held_job_that_is_closed_and_opened_again_is_still_held(town: Town) -> None:
    await lose(town, 12)
    await town.job(1, CLOSED)
    await town.decide()
    await town.job(1, PIP)
    await town.decide()
    assert "crew_lead_missing" not in [kind for kind, *_ in await town.new_alerts()]
    assert await leaders(town) == {7}


async def test_nine_changes_of_what_is_held_are_told_once(town: Town) -> None:
    await lose(town, 20)
    for number in range(1, 10):
        await town.job(number, PIP, assignedCrew=[8])
        news = await town.news()
        assert HELD not in news
    assert ((await facts(town))["count"], len((await facts(town))["ids"])) == (11, 20)


async def test_growing_active_jobs_do_not_end_a_hold(town: Town) -> None:
    await lose(town, 11)
    await lead(town, *range(100, 330), leader=8)
    await town.mark("jobs", 1)
    assert await town.news() == []
    assert 7 in await leaders(town)


async def test_a_later_loss_of_the_same_kind_joins_the_hold(town: Town) -> None:
    await lead(town, 40, leader=8)
    await lose(town, 12)
    await town.put("users", 8, roles=[MEMBER])
    assert await town.news() == []
    assert (await facts(town))["count"] == 13
    assert await leaders(town) == {7, 8}


async def test_what_is_put_right_leaves_the_hold_and_the_rest_stays(town: Town) -> None:
    await lead(town, *range(40, 46), leader=8)
    await lead(town, *range(1, 7))
    await town.put("users", 7, roles=[MEMBER])
    await town.put("users", 8, roles=[MEMBER])
    assert await town.news() == [HELD]
    await town.put("users", 7, roles=[LEADER])
    assert await town.news() == []
    assert ((await facts(town))["count"], "ended" in await facts(town)) == (6, False)
    assert await leaders(town) == {7, 8}
    await town.put("users", 8, roles=[LEADER])
    assert await town.news() == []
    assert (await facts(town))["ended"] == "repaired"
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.sync_touched") == 0


async def test_a_hold_that_is_over_does_not_hold_a_few_that_are_lost_later(town: Town) -> None:
    await lose(town, 12)
    await town.put("users", 7, roles=[LEADER])
    await town.news()
    await lead(town, 40, leader=8)
    await town.put("users", 8, roles=[MEMBER])
    assert ("crew_lead_missing", "101", "pending") in await town.news()


async def test_the_same_loss_held_again_is_told_again(town: Town) -> None:
    await lose(town, 12)
    await town.put("users", 7, roles=[LEADER])
    await town.news()
    await town.put("users", 7, roles=[MEMBER])
    assert await town.news() == [HELD]


async def test_a_held_job_whose_own_document_names_another_leader_is_decided(town: Town) -> None:
    await lose(town, 12)
    await town.job(1, PIP, assignedCrew=[7, 8])
    assert sorted(await town.news()) == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]
    await town.job(2, PIP, assignedCrew=[])
    assert ("crew_lead_missing", "101", "pending") in await town.news()
    assert (await facts(town))["count"] == 10


async def test_more_people_in_the_crew_of_a_held_job_are_no_new_leader(town: Town) -> None:
    await lose(town, 12)
    await town.job(1, PIP, assignedCrew=[7, 9])
    assert await town.news() == []
    assert await leaders(town) == {7}


async def test_leaders_who_were_deleted_stay_held_though_attic_tech_empties_their_crews(
    town: Town,
) -> None:
    """A deletion takes the leader out of the array; the next saving of the job shows that."""
    await lead(town, *range(1, 13))
    await town.state("users", 7, "gone")
    assert await town.news() == [HELD]
    await town.job(1, PIP, assignedCrew=[])
    assert await town.news() == []
    assert await leaders(town) == {7}


async def test_a_held_job_that_cannot_be_read_for_a_while_is_still_held(town: Town) -> None:
    await lose(town, 12)
    await town.state("jobs", 1, "set_aside")
    for number in range(2, 13):
        await town.job(number, PIP, assignedCrew=[8])
    await town.news()
    await town.job(1, PIP)
    assert await town.news() == []
    assert 7 in await leaders(town)


async def test_a_held_job_that_is_gone_is_gone(town: Town) -> None:
    await lose(town, 12)
    await town.state("jobs", 1, "gone")
    assert await town.news() == [("job_taken_away", "102", "pending")]
    assert (await facts(town))["count"] == 11


async def test_accepting_ends_the_hold_and_says_so(town: Town) -> None:
    await lose(town, 12)
    await town.told()
    await town.decide(accept=True)
    assert ((await facts(town))["ended"], (await facts(town))["count"]) == ("accepted", 12)
    assert await leaders(town) == {None}


async def test_a_message_that_was_not_sent_before_the_hold_was_over_is_not_sent(town: Town) -> None:
    await lose(town, 12)
    await town.put("users", 7, roles=[LEADER])
    await town.news()
    state = "SELECT state, reason FROM botzilla.alert WHERE kind = 'mass_change_held'"
    assert tuple(await town.connection.fetchrow(state)) == ("superseded", "done")


async def test_a_hold_survives_a_crash_before_its_first_batch(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lead(town, *range(1, 13))
    await town.put("users", 7, roles=[MEMBER])

    async def crash(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("sync.reconcile.reconcile", crash)
        with pytest.raises(ConnectionError):
            await town.decide()
    for number in range(1, 11):
        await town.job(number, PIP, assignedCrew=[8])
    await town.decide()
    news = [kind for kind, *_ in await town.new_alerts()]
    assert (news.count("mass_change_held"), news.count("crew_lead_missing")) == (1, 0)


async def test_an_acceptance_that_was_cut_off_is_told_as_what_it_was(town: Town) -> None:
    await lose(town, 12)
    await town.told()

    async def cut_off(done: int, total: int) -> None:
        raise ConnectionResetError(f"{done} of {total}")

    with pytest.raises(ConnectionResetError):
        await decide(town.connection, Run(1, accept=True), cut_off)
    await town.decide()
    assert (await facts(town))["ended"] == "accepted"
    assert await leaders(town) == {None}


async def test_what_an_acceptance_that_was_cut_off_left_is_asked_about_anew(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lose(town, 12)
    await town.told()

    async def crash(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("sync.reconcile.reconcile", crash)
        with pytest.raises(ConnectionError):
            await town.decide(accept=True)
    assert (await facts(town))["ended"] == "accepted"
    assert await town.news() == [HELD]
    assert await leaders(town) == {7}


async def test_a_hold_begins_and_changes_with_the_company_read_once(town: Town) -> None:
    await lead(town, *range(1, 13))
    await town.put("users", 7, roles=[MEMBER])
    for _ in ("begins", "changes"):
        with recorded(town.connection) as said:
            await town.decide()
        assert sum("botzilla.crew_member c) AS crew_members" in words for words in said) == 1
        await town.job(1, PIP, assignedCrew=[8])
