"""The stage of the main job: a genuine Payload full of jobs, and a BotZilla with its people."""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.attic_tech import EMAIL, PASSWORD
from sync.postgres.pool import Connection
from sync.runs.runner import follow_run, request_run
from tests.contract.peers import Peer
from tests.scene import Company

ROOT = Path(__file__).parents[2]
BRANCHES = ("San Diego", "Orange", "Riverside")


@dataclass(frozen=True, slots=True)
class Scale:
    """How many documents Payload holds, and how many jobs change in one transaction."""

    jobs: int
    sold: int
    bulk: int

    @property
    def estimates(self) -> int:
        return self.jobs + self.sold + self.jobs // 5

    def options(self) -> list[str]:
        """The arguments of `seed.mjs`."""
        sizes = {"jobs": self.jobs, "sold": self.sold, "estimates": self.estimates, "users": 60}
        return [f"--{name}={number}" for name, number in sizes.items()]


SMALL, FULL = Scale(250, 160, 200), Scale(2500, 1600, 2000)


def scale() -> Scale:
    """JOBSYNC_MAIN_JOB=full is the size that the company has; else a tenth of it."""
    return FULL if os.environ.get("JOBSYNC_MAIN_JOB") == "full" else SMALL


@dataclass(frozen=True, slots=True)
class Ran:
    """One `jobsync sync`: what it said, and how long it took, from start to exit."""

    said: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Both databases and the server between them; `embedded`: clients come within estimates."""

    botzilla: str
    peer_url: str
    embedded: bool = False

    def settings(self) -> dict[str, str]:
        """The environment of the program."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.botzilla,
            "ATTIC_TECH_API_URL": self.peer_url,
            "ATTIC_TECH_EMAIL": EMAIL,
            "ATTIC_TECH_PASSWORD": PASSWORD,
        }

    def sync(self, *options: str) -> Ran:
        """`jobsync sync`, which must succeed."""
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bot", "sync", *options],
            cwd=ROOT / "tests",  # no .env of somebody's
            env=self.settings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Ran(done.stdout.strip().splitlines()[-1], time.perf_counter() - began)


async def hire(company: Company, peer: Peer) -> None:
    """Everybody at Attic Tech who leads crews, and a manager for each branch, with Telegram."""
    roles = (await peer.get("/roles?limit=0&depth=0")).docs
    leads = next(role["id"] for role in roles if role["name"] == "Crew Leader")
    for number, name in enumerate(BRANCHES, 1):
        await company.manager(branch=await company.branch(name), telegram_id=str(900 + number))
    for user in (await peer.get("/users?limit=0&depth=0")).docs:
        if leads in user["roles"] and not user["isBlocked"]:
            await company.leader(
                user["name"], telegram_id=str(10_000 + user["id"]), attic_tech_user_id=user["id"]
            )


async def mirrored(connection: Connection) -> dict[int, tuple[str, str | None]]:
    """Name and state of every job as our projection has them."""
    rows = await connection.fetch(
        "SELECT attic_tech_job_id, job_name, attic_tech_data ->> 'status' AS status "
        "FROM botzilla.job_sync WHERE attic_tech_job_id IS NOT NULL AND gone_at IS NULL"
    )
    return {row["attic_tech_job_id"]: (row["job_name"], row["status"]) for row in rows}


async def fingerprint(connection: Connection) -> list[str]:
    """A hash of everything that a run without news may not touch."""
    tables = ("job_sync", "job_state_change_log", "alert", "attic_tech_document", "sync_touched")
    return [
        await connection.fetchval(
            f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM botzilla.{table} t"
        )
        for table in tables
    ]


async def sync(stage: Stage, *options: str) -> Ran:
    return await asyncio.to_thread(stage.sync, *options)


async def all_of(peer: Peer, collection: str, where: str = "") -> dict[int, dict]:
    answer = await peer.get(f"/{collection}?limit=0&depth=0{where}")
    return {doc["id"]: doc for doc in answer.docs}


async def led(connection: Connection) -> tuple[int, int, str]:
    """A job in review, silently adopted with a leader who can be reached: it, he, his phone."""
    row = await connection.fetchrow(
        "SELECT attic_tech_job_id, attic_tech_crew_leader_id, telegram_id FROM botzilla.job_sync "
        "JOIN botzilla.attic_tech_person ON attic_tech_user_id = attic_tech_crew_leader_id "
        "WHERE attic_tech_data ->> 'status' = 'Pending Review' AND telegram_id IS NOT NULL "
        "AND revision = leader_revision "
        "AND NOT EXISTS (SELECT FROM botzilla.alert WHERE job_sync_id = job_sync.id) LIMIT 1"
    )
    return row["attic_tech_job_id"], row["attic_tech_crew_leader_id"], row["telegram_id"]


async def alerts(connection: Connection, job: int) -> set[tuple[str, str | None]]:
    """Kind and Telegram id of the alerts about a job."""
    rows = await connection.fetch(
        "SELECT kind, telegram_id FROM botzilla.alert WHERE job_sync_id = "
        "(SELECT id FROM botzilla.job_sync WHERE attic_tech_job_id = $1)",
        job,
    )
    return {(row["kind"], row["telegram_id"]) for row in rows}


async def one_more_run(connection: Connection) -> None:
    """Returns when a run that started after now has succeeded."""
    run_id = await request_run(connection, "incremental")
    async for state in follow_run(connection, run_id):
        last = state
    assert last.state == "succeeded", last.error
