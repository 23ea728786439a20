"""Whatever Attic Tech shows and whatever Telegram answers: nothing stops, nobody is forgotten.

Lives are drawn with poison (spellings and lengths of states, nulls in BotZilla's rows, fields that
an answer lacks, clocks that disagree), with refusals and blocking, and with bursts of alerts.
`JOBSYNC_LIVES=10000 make test ARGS=tests/integration/lives` lives that many.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.model.states import State
from sync.postgres.pool import connect, open_pool
from tests.integration.lives.living import Life
from tests.integration.lives.phones import TROUBLE, Phones

Step: TypeAlias = Callable[[Life], Coroutine[Any, Any, None]]

JOBS = (1, 2, 3)
PEOPLE = (102, 103, 101, 104, 201)
STATES = st.one_of(
    st.sampled_from([*map(str, State)]),
    st.sampled_from([*map(str, State)][:3]),
    st.sampled_from(
        [
            "Cancelled",
            "CANCELLED",
            " cancelled ",
            "On  Hold",
            "on hold",
            "requires crew lead",
            "",
            None,
        ]
    ),
    st.sampled_from(["\x1b[31mred", "\u202eredrO", "a\nb", "e\u0301tat", "état", "x" * 51]),
    # Incompressible, and longer than a row of a B-tree may be.
    st.integers(0, 3).map(
        lambda n: "".join(chr(0x4E00 + (i * 7919 + n) % 20000) for i in range(3000))
    ),
)
CREWS = st.lists(st.sampled_from([7, 8, 9, 11, 99]), max_size=3, unique=True)
NULLABLE = (
    ("crew_member", "name"),
    ("employee", "first_name"),
    ("employee", "telegram_id"),
    ("user", "telegram_id"),
    ("user", "email"),
    ("user_rol", "name"),
)


def shown(job: int, state: str | None, crew: list[int], age: int, without: str) -> Step:
    async def step(life: Life) -> None:
        await life.job(job, status=state, assignedCrew=crew, age=age, without=without)

    return step


def burst(state: str | None, crew: list[int], number: int) -> Step:
    """Many jobs at once."""

    async def step(life: Life) -> None:
        for job in range(20, 20 + number):
            await life.job(job, status=state, assignedCrew=crew)
        await life.decide()

    return step


def estimate(job: int, status: str, branch: int | None, without: str) -> Step:
    async def step(life: Life) -> None:
        given = {"status": status, "branch": branch, "name": "E", "client": 1}
        await life.show("estimates", 100 + job, without=without, **given)

    return step


def user(id: int, roles: list[int], without: str) -> Step:
    async def step(life: Life) -> None:
        await life.show("users", id, roles=roles, without=without)

    return step


def existence(collection: str, id: int, state: str) -> Step:
    async def step(life: Life) -> None:
        if (collection, id) in life._raw:
            await life.town.state(collection, id, state)

    return step


def emptied(column: tuple[str, str], row: int) -> Step:
    table, name = column

    async def step(life: Life) -> None:
        sql = f'ALTER TABLE botzilla."{table}" ALTER {name} DROP NOT NULL'
        await life.connection.execute(sql)
        await life.connection.execute(
            f'UPDATE botzilla."{table}" SET {name} = NULL WHERE id = $1', row
        )

    return step


def employed(status: str) -> Step:
    async def step(life: Life) -> None:
        await life.connection.execute("UPDATE botzilla.employee SET status = $1", status)

    return step


def managers(telegram_id: str | None) -> Step:
    """All managers lose their Telegram, or one has it (again)."""

    async def step(life: Life) -> None:
        await life.connection.execute('UPDATE botzilla."user" SET telegram_id = NULL')
        await life.connection.execute(
            'UPDATE botzilla."user" SET telegram_id = $1 WHERE id = 1', telegram_id
        )

    return step


def blocks(person: int, blocked: bool) -> Step:
    async def step(life: Life) -> None:
        if blocked:
            life.phones.blocked.add(person)
        else:
            life.phones.blocked.discard(person)
            await life.connection.execute(
                "DELETE FROM botzilla.telegram_chat WHERE telegram_id = $1", person
            )

    return step


def delivered(trouble: str) -> Step:
    async def step(life: Life) -> None:
        await life.later()
        await life.deliver(trouble)

    return step


async def decided(life: Life) -> None:
    await life.decide()


ALSO = st.sampled_from(["", "", "", "", "", "assignedCrew", "job_estimate", "status", "name"])
STEPS = st.one_of(
    st.builds(
        shown, st.sampled_from(JOBS), STATES, CREWS, st.sampled_from([0, 0, 0, 400, -1]), ALSO
    ),
    st.builds(shown, st.sampled_from(JOBS), STATES, CREWS, st.just(0), st.just("")),
    st.builds(burst, STATES, CREWS, st.integers(2, 14)),
    st.builds(
        estimate,
        st.sampled_from(JOBS),
        st.sampled_from(["Sold", " sold", "Lost"]),
        st.sampled_from([1, 2, 3, None]),
        st.sampled_from(["", "", "", "branch", "status"]),
    ),
    st.builds(
        user,
        st.sampled_from([7, 8]),
        st.sampled_from([[1], [2], [1, 2], []]),
        st.sampled_from(["", "", "", "roles"]),
    ),
    st.builds(
        existence,
        st.sampled_from(["jobs", "estimates", "users"]),
        st.sampled_from([1, 2, 101, 102, 7, 8]),
        st.sampled_from(["gone", "present", "hidden", "set_aside"]),
    ),
    st.builds(emptied, st.sampled_from(NULLABLE), st.integers(1, 3)),
    st.builds(employed, st.sampled_from(["active", "inactive", "pending"])),
    st.builds(managers, st.sampled_from(["101", None, "@ada", "102"])),
    st.builds(blocks, st.sampled_from(PEOPLE), st.booleans()),
    st.builds(delivered, st.sampled_from(TROUBLE)),
    st.builds(delivered, st.sampled_from(TROUBLE)),
    st.just(decided),
    st.just(decided),
    st.just(decided),
)
LIVES = st.lists(STEPS, min_size=4, max_size=30)
_TABLES = (
    "alert, job_other_change, job_state_change_log, job_sync, attic_tech_document, sync_touched,"
    " sync_cursor, sync_state, attic_tech_branch, attic_tech_person, telegram_chat, crew_member,"
    ' employee, "user", user_branch, user_rol, branch'
)
_EMPTY = "SET search_path TO botzilla; TRUNCATE " + _TABLES + " RESTART IDENTITY CASCADE"


async def live(url: str, phones: Phones, life: list[Step]) -> None:
    connection, pool = await connect(url), await open_pool(url, size=1)
    try:
        await connection.execute(_EMPTY)
        alive = await Life.begin(connection, pool, phones)
        for step in life:
            await step(alive)
        await alive.end()
    finally:
        phones.forget()
        await pool.close()
        await connection.close()


def test_nothing_stops_and_nobody_is_forgotten(database_url):
    phones = Phones()

    @settings(
        max_examples=int(os.environ.get("JOBSYNC_LIVES", "25")),
        deadline=None,
        phases=[Phase.generate],
    )
    @given(LIVES)
    def lives(life: list[Step]) -> None:
        asyncio.run(live(database_url, phones, life))

    lives()
