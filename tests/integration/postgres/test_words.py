"""Words are compared, and Telegram ids read, in one way, in PostgreSQL as in Python."""

import pytest

from migrations.running import text_of
from sync.model.job import Job, from_known
from sync.model.states import State, fold
from sync.people.rows import digits
from sync.postgres.pool import Connection

WORDS = (
    *State,
    "",
    " ",
    "  requires\tCREW \n lead ",
    "Closed  Job\u00a0",
    "José",
    "Jose\u0301",
    "MU\u00d1OZ",
    "pre-production.",
)
NUMBERS = ("102", " 102\r\n", "\t7", "0", "012", "", "@chris", "1 2", "1.5", "-3", "٣")


async def test_words_are_folded_alike(connection: Connection) -> None:
    said = await connection.fetch(
        "SELECT botzilla.jobsync_fold(w) FROM unnest($1::text[]) AS w", WORDS
    )
    assert [row[0] for row in said] == [fold(words) for words in WORDS]


async def test_telegram_ids_are_read_alike(connection: Connection) -> None:
    said = await connection.fetch(
        "SELECT botzilla.jobsync_digits(n) FROM unnest($1::text[]) AS n", NUMBERS
    )
    assert [row[0] for row in said] == [digits(number) for number in NUMBERS]


@pytest.mark.parametrize("words", [*WORDS, None])
async def test_a_job_that_was_decided_before_gets_its_place(
    connection: Connection, words: str | None
) -> None:
    known = Job(job_id=1, status=words).as_known()
    before = {key: value for key, value in known.items() if key != "place"}
    await connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name, known) VALUES (1, 'A', $1)",
        before,
    )
    await connection.execute(text_of("0017_folded.up.sql"))
    after = await connection.fetchval("SELECT known FROM botzilla.job_sync")
    assert after["place"] == known["place"]
    assert from_known(after) == from_known(known)
