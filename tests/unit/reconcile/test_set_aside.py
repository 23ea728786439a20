"""Whatever is bad among some marks: the others are decided, each once, and nothing else is lost."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.facts import DocumentUnreadable
from sync.reconcile.set_aside import Mark, apart, is_elsewhere, sort_of, told_of


class Open:
    """A connection, as far as it is asked whether it is closed."""

    def is_closed(self) -> bool:
        return False


@given(st.integers(1, 60), st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_all_but_the_bad_ones_are_decided_each_once(
    number: int, bad: set[int], passing: set[int]
) -> None:
    marks = [Mark("jobs", id) for id in range(1, number + 1)]
    tries = dict.fromkeys(range(1, number + 1), 0)

    async def decide(some: Sequence[Mark]) -> list[int]:
        ids = [mark.id for mark in some]
        if len(ids) == 1:
            tries[ids[0]] += 1
        first_try_alone = {id for id in ids if tries[id] < 2}
        if not bad.isdisjoint(ids) or passing & first_try_alone:
            raise ValueError("Somebody's phone")
        return ids

    done, found = asyncio.run(apart(Open(), marks, decide))  # type: ignore[arg-type]
    decided = [id for ids in done for id in ids]
    assert sorted(decided) == [id for id in range(1, number + 1) if id not in bad]
    assert [one.mark.id for one in found] == [id for id in range(1, number + 1) if id in bad]
    assert all("phone" not in one.sort for one in found)


@pytest.mark.parametrize(
    ("error", "elsewhere"),
    [
        (ConnectionResetError(), True),
        (asyncpg.ConnectionDoesNotExistError(), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.DeadlockDetectedError(), True),
        (asyncpg.LockNotAvailableError(), True),
        (asyncpg.DiskFullError(), True),
        (asyncpg.UndefinedTableError(), True),
        (asyncpg.InsufficientPrivilegeError(), True),
        (TimeoutError(), False),
        (asyncpg.QueryCanceledError(), False),
        (asyncpg.UniqueViolationError(), False),
        (asyncpg.ProgramLimitExceededError(), False),
        (asyncpg.InterfaceError("an argument"), False),
        (KeyError("x"), False),
    ],
)
def test_what_says_nothing_of_a_document_ends_the_run(error: Exception, elsewhere: bool) -> None:
    assert is_elsewhere(error) is elsewhere


def test_an_error_of_the_database_is_named_by_what_it_broke() -> None:
    error = asyncpg.UniqueViolationError("Key (email)=(ana@x.example) already exists.")
    error.constraint_name = "employee_email_key"
    assert sort_of(error) == "UniqueViolationError, employee_email_key"


def test_few_are_told_each_by_itself_and_many_together() -> None:
    rows = [
        {"collection": "jobs", "id": id, "reason": "It.", "digest": "few" if id < 3 else "many"}
        for id in range(1, 15)
    ]
    told = dict(told_of(rows))
    assert told["jobs:1:few"] == DocumentUnreadable("jobs", 1, "It.", undecided=True)
    assert [facts.count for facts in told.values()] == [None, None, 12]
