"""What came into sight late is adopted silently, and the operators are told how much: once, however
often deciding is cut off.
"""

from datetime import timedelta

import pytest

from sync.postgres.pool import Connection
from sync.reconcile import Run, decide
from sync.reconcile import batch as writing
from tests.mirror import NOW, Town, nothing

PIP = "Plans In Progress"
LONG_AGO = NOW - timedelta(days=300)


@pytest.fixture
async def town(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(writing, "SIZE", 1)
    return await Town.build(connection, operators=(900,))


async def old_jobs(town: Town, *ids: int) -> None:
    for id in ids:
        await town.put("jobs", id, name=f"Job {id}", status=PIP, created_at=LONG_AGO)


async def counts(town: Town) -> list[int]:
    """The numbers that operators were told."""
    rows = await town.connection.fetch(
        "SELECT (facts ->> 'count')::integer FROM botzilla.alert"
        " WHERE kind = 'first_contact' AND facts ? 'count' ORDER BY id"
    )
    return [row[0] for row in rows]


async def cut_off(done: int, total: int) -> None:
    """The process dies after a batch."""
    raise ConnectionResetError(f"{done} of {total}")


@pytest.mark.parametrize("crashes", [0, 1, 2, 3])
async def test_they_are_told_one_number_wherever_deciding_was_cut_off(
    town: Town, crashes: int
) -> None:
    await old_jobs(town, 1, 2, 3)
    for _ in range(crashes):
        with pytest.raises(ConnectionResetError):
            await decide(town.connection, Run(1, operators=(900,)), cut_off)
        assert await counts(town) == []
    await decide(town.connection, Run(1, operators=(900,)), nothing)
    assert await counts(town) == [3]


async def test_what_a_run_finds_after_it_told_is_told_too(town: Town) -> None:
    await old_jobs(town, 1, 2)
    await town.decide()
    await old_jobs(town, 3)
    await town.decide()  # the same run, resumed
    await town.decide()
    assert await counts(town) == [2, 1]


async def test_a_number_that_could_not_be_told_is_told_later(town: Town) -> None:
    await old_jobs(town, 1)
    broken = "ALTER TABLE botzilla.alert ADD CONSTRAINT broken CHECK (kind <> 'first_contact')"
    await town.connection.execute(f"{broken} NOT VALID")
    with pytest.raises(Exception, match="broken"):
        await town.decide()
    await town.connection.execute("ALTER TABLE botzilla.alert DROP CONSTRAINT broken")
    await town.decide()
    assert await counts(town) == [1]


async def test_the_past_of_first_contact_is_no_such_number(connection: Connection) -> None:
    town = await Town.build(connection, first_contact=True, operators=(900,))
    await old_jobs(town, 1)
    await town.decide()
    await town.decide()
    assert await counts(town) == []
