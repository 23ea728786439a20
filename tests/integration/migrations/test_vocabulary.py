"""Python and PostgreSQL say the same words, and know the same revisions."""

import re
from pathlib import Path

import pytest

import migrations
from sync.attic_tech.documents import COLLECTIONS
from sync.model import alerts
from sync.model.states import State
from sync.postgres.pool import Connection
from sync.postgres.schema import REVISIONS, Schema, SchemaState, revision_of

pytestmark = pytest.mark.every_server


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("alert_state_check", alerts.AlertState),
        ("alert_recipient_type_check", alerts.RecipientType),
        ("attic_tech_document_collection_check", COLLECTIONS),
    ],
)
async def test_an_enum_is_the_check_of_its_column(
    connection: Connection, constraint: str, words: tuple[str, ...]
) -> None:
    written = await connection.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", constraint
    )
    assert set(re.findall(r"'([^']+)'::text", written)) == set(words)


async def test_the_states_are_the_rows_of_job_status_in_their_order(connection: Connection) -> None:
    rows = await connection.fetch("SELECT name FROM botzilla.job_status ORDER BY id")
    assert [row["name"] for row in rows] == list(State)


def test_the_program_knows_every_revision() -> None:
    files = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))
    assert tuple(file.name[:4] for file in files) == REVISIONS


async def test_a_migrated_schema_is_current(connection: Connection) -> None:
    assert Schema(await revision_of(connection)).state is SchemaState.CURRENT


def test_a_schema_is_behind_current_or_newer() -> None:
    assert [Schema(found).state for found in (None, *REVISIONS, "0099")] == [
        *[SchemaState.BEHIND] * len(REVISIONS),
        SchemaState.CURRENT,
        SchemaState.NEWER,
    ]
