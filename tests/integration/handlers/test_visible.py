"""The queries on jobs: one condition everywhere, and no walk through all jobs."""

import json
import re
from importlib.resources import files

import pytest

from bot.jobs.visible import _SQL, _STATES, Scope, number_in, statement

NARROWED = ("page", "counts", "card", "search", "managed_row")
ALSO_GONE = {"card", "managed_row"}
PARTS = ("managed", "led", "sold", "worked", "theirs", "openable", "seen_as")


def test_every_query_is_narrowed_by_the_same_condition():
    assert set(_SQL) == {*NARROWED, *PARTS, "history"}
    for name in NARROWED:
        assert _SQL[name].count(_SQL["theirs"]) == 1
        where = r"WHERE (?:job\.gone_at IS NULL|\(.*\)) AND\n(?:-- What .*\n)?-- `known` is"
        assert re.search(where, _SQL[name])


def test_no_query_knows_of_jobs_but_through_its_parameters():
    text = files("bot.jobs").joinpath("visible.sql").read_text(encoding="utf-8")
    assert text.count("FROM botzilla.job_sync job") == len(NARROWED)


def test_what_is_gone_is_only_where_it_is_asked_for_by_number_and_for_who_manages_it():
    for name in set(NARROWED) - ALSO_GONE:
        assert "WHERE job.gone_at IS NULL AND\n" in _SQL[name]
    assert f"AND (job.gone_at IS NULL OR\n{_SQL['managed']}\n" in _SQL["card"]
    assert f"AND\n{_SQL['managed']}\nORDER BY" in _SQL["managed_row"]


@pytest.fixture
async def many_jobs(connection, company):
    """3,000 jobs of 30 leaders, 20 sellers and 10 branches, every crew of three."""
    branches = [await company.branch() for _ in range(10)]
    sellers = [await company.sales_person() for _ in range(20)]
    await connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name, attic_tech_crew_leader_id,"
        " branch_id, sales_person_id, known, attic_tech_data) SELECT n, 'Job ' || n, n % 30,"
        " ($1::integer[])[1 + n % 10], ($2::integer[])[1 + n % 20], '{}',"
        """ '{"status": "In Production"}' FROM generate_series(1, 3000) n""",
        *(branches, sellers),
    )
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields, refs)"
        " SELECT 'jobs', n, jsonb_build_object('name', repeat('x', 500)),"
        " ARRAY['users:' || n % 300, 'users:' || 300 + n % 300]"
        " FROM generate_series(1, 3000) n"
    )
    await connection.execute("VACUUM ANALYZE botzilla.job_sync, botzilla.attic_tech_document")
    return branches, sellers


NUMBER = {"job_id": 7, "estimate_id": None}
GIVEN = {
    "page": {"states": _STATES, "state": 0, "branch": 0, "closed": False, "size": 8, "page": 0},
    "counts": {"states": _STATES},
    "card": NUMBER,
    "managed_row": NUMBER,
    "search": {"words": ["job"], "limit": 9},
}


@pytest.mark.parametrize("name", NARROWED)
@pytest.mark.parametrize("who", ["leader", "seller", "crew", "branches", "unmatched"])
async def test_whose_jobs_they_are_is_found_by_indexes(connection, many_jobs, name, who):
    branches, sellers = many_jobs
    scope = {
        "leader": Scope(leaders=(7,)),
        "seller": Scope(sellers=(sellers[0],)),
        "crew": Scope(crew=("users:7",)),
        "branches": Scope(branches=(branches[0],)),
        "unmatched": Scope(unmatched=True),
    }[who]
    asked, *parameters = statement(name, scope, **GIVEN[name])
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {asked}", *parameters)
    text = json.dumps(plan)
    scans = re.findall(r'"Node Type": "Seq Scan"[^}]*?"Relation Name": "(\w+)"', text)
    assert not {"job_sync", "attic_tech_document"} & set(scans)


@pytest.mark.parametrize(
    ("text", "job", "estimate"),
    [
        ("7", 7, None),
        (" #7 ", 7, None),
        ("E12", None, 12),
        ("e 12", None, 12),
        ("9999999999", 2**31 - 1, None),
    ],
)
def test_a_number_is_read_as_people_write_it(text, job, estimate):
    found = number_in(text)
    assert found is not None
    assert (found.job_id, found.estimate_id) == (job, estimate)


@pytest.mark.parametrize("text", ["", "seven", "7 attic", "E", "#", "-7", "7.5", "99999999999"])
def test_words_are_no_number(text):
    assert number_in(text) is None
