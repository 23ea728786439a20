"""`jobsync people link` as a process: what it prints, and how it ends."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(database_url):
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url}


async def people_link(environment, *options):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "people", "link", *options),
        env=environment,
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


def _lines(said):
    return [line.rstrip() for line in said.splitlines()]


@pytest.fixture
async def chris(company):
    chris = await company.employee("Chris Jordan", phone_number="6195550142")
    await company.crew_member("[red]chris[/] j", phone="(619) 555-0142")
    await company.crew_member("Lou Reed")
    for name in ("Pat Doe", "Pat  Doe"):
        await company.employee(name)
    await company.sales_person("pat doe")
    return chris


async def test_it_shows_tables_in_plain_text_and_changes_nothing(environment, chris, connection):
    code, said, _ = await people_link(environment)
    assert code == 0
    assert _lines(said) == [
        "Crew members without an employee: 1 certain, 1 with nobody",
        "row   name              employee         by",
        "─" * 46,
        "1     [red]chris[/] j   1 Chris Jordan   phone",
        "2     Lou Reed          nobody",
        "",
        "Salespeople without an employee: 1 ambiguous",
        "row   name      employee                  by",
        "─" * 57,
        "1     pat doe   2 Pat Doe or 3 Pat  Doe   ambiguous: name",
        "",
        "Employees without an Attic Tech user: 3 with nobody",
        "row   name           Attic Tech user   by",
        "─" * 41,
        "1     Chris Jordan   nobody",
        "2     Pat Doe        nobody",
        "3     Pat  Doe       nobody",
        "",
        "Nothing was written. To write what is certain (1): jobsync people link --apply",
    ]
    joined = await connection.fetchval("SELECT count(employee_id) FROM botzilla.crew_member")
    assert joined == 0


@pytest.mark.executable
async def test_apply_prints_what_it_wrote_and_again_that_nothing_remains(environment, chris):
    code, said, _ = await people_link(environment, "--apply")
    assert (code, _lines(said)) == (
        0,
        [
            "Crew members joined to an employee: 1 certain",
            "row   name              employee         by",
            "─" * 46,
            "1     [red]chris[/] j   1 Chris Jordan   phone",
            "",
            "Written: 1.",
        ],
    )
    assert await people_link(environment, "--apply") == (
        0,
        "Nothing that is certain remains to be written.\n",
        "",
    )


async def test_a_schema_that_is_behind_is_exit_code_1(environment, empty_database_url):
    code, _, complained = await people_link(environment | {"DATABASE_URL": empty_database_url})
    assert (code, "jobsync migrate up" in complained) == (1, True)


async def test_a_wrong_setting_is_exit_code_2(environment):
    code, _, complained = await people_link(environment | {"DATABASE_URL": "mysql://x"})
    assert (code, "DATABASE_URL" in complained) == (2, True)


async def test_a_name_commands_no_terminal(environment, company):
    await company.crew_member("Lou\x1b]0;x\x07\u202e Reed\nJr")
    _, said, _ = await people_link(environment)
    assert "Lou�]0;x� Reed Jr" in said
