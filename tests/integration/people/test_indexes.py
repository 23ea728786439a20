"""Who a Telegram id belongs to is found by indexes, in a company of thousands of people."""

import json
import re

import pytest

from bot.people.identity import _QUERIES as IDENTITY
from bot.people.leaving import _SQL as LEAVING
from bot.people.linking import _SQL as LINKING

pytestmark = pytest.mark.every_server

PEOPLE = ("employee", "crew_member", "sales_person", "user")


@pytest.fixture
async def thousands(connection):
    """4,000 employees, each with a row of the crew and one of the sales, and as many accounts."""
    await connection.execute("""
        INSERT INTO botzilla.employee (first_name, last_name, telegram_id, status)
            SELECT 'A', 'N' || n, n::text, 'active' FROM generate_series(1, 4000) n;
        INSERT INTO botzilla.crew_member (name, telegram_id, employee_id)
            SELECT 'A N' || id, telegram_id, id FROM botzilla.employee;
        INSERT INTO botzilla.sales_person (name, telegram_id, employee_id)
            SELECT 'A N' || id, telegram_id, id FROM botzilla.employee;
        INSERT INTO botzilla.user_rol (name) VALUES ('operation manager'), ('admin');
        INSERT INTO botzilla."user" (rol_id, telegram_id)
            SELECT CASE WHEN id < 20 THEN 1 ELSE 2 END, telegram_id FROM botzilla.employee;
        INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id)
            SELECT id, 'A', id FROM botzilla.employee;
        INSERT INTO botzilla.attic_tech_made
            SELECT id, 'user', id, id FROM botzilla."user";
        """)
    await connection.execute("ANALYZE")


async def plan(connection, statement: str, *arguments, whole: frozenset[str] = frozenset()) -> str:
    """The plan of the statement, which reads no table of people but these as a whole."""
    text = json.dumps(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments))
    scans = re.findall(r'"Node Type": "Seq Scan"[^}]*?"Relation Name": "(\w+)"', text)
    assert not {*PEOPLE, "attic_tech_person", "attic_tech_made"} & {*scans} - whole
    return text


def used(text: str) -> set[str]:
    return {table for table in PEOPLE if f"idx_{table}_telegram_id_trimmed" in text}


async def test_who_is_speaking_is_found_by_indexes(connection, thousands):
    assert used(await plan(connection, IDENTITY["rows"], "7")) == set(PEOPLE)


async def test_rows_of_who_may_have_left_are_found_by_indexes(connection, thousands):
    text = await plan(connection, LEAVING["suspects"], ["7"], whole=frozenset({"employee"}))
    assert "user" in used(text)


async def test_who_else_holds_an_id_is_found_by_indexes(connection, thousands):
    text = await plan(connection, LINKING["holders"], "8")
    assert used(text) == set(PEOPLE)


async def test_a_link_is_written_by_indexes(connection, thousands):
    rows = [*PEOPLE], [7, 7, 7, 7], ["9001"] * 4
    assert "employee_pkey" in await plan(connection, LINKING["write"], *rows)
