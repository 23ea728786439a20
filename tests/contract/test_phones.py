"""The program between either Attic Tech and a pretend Telegram: a PATCH reaches the right phone.

`jobsync run` asks once a minute; a test asks for the next run and waits for its end, then for what
the phones show.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.attic_tech import EMAIL, PASSWORD
from sandbox.telegram import Phone, TelegramSandbox
from sync.postgres.pool import Connection
from tests.contract.mainjob import one_more_run
from tests.contract.peers import Peer
from tests.scene import Company

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)  # the program itself needs seconds to start
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Town:
    """One job at Attic Tech with everybody who has to do with it, all of them on the phone."""

    peer: Peer
    connection: Connection
    name: str
    job: int
    client: int
    successor: int
    manager: Phone
    ann: Phone
    bob: Phone

    async def next_run(self) -> None:
        """Returns when a run that began after now has succeeded."""
        await one_more_run(self.connection)


@asynccontextmanager
async def program(
    peer: Peer, telegram: TelegramSandbox, database_url: str, folder: Path
) -> AsyncIterator[None]:
    """`jobsync run`, killed at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "ATTIC_TECH_API_URL": peer.url,
            "ATTIC_TECH_EMAIL": EMAIL,
            "ATTIC_TECH_PASSWORD": PASSWORD,
            "HTTP_PORT": "0",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def hired(peer: Peer, company: Company, name: str, role: int, telegram_id: int) -> int:
    """The Attic Tech id of a new crew leader whom BotZilla knows by it."""
    email = f"{name}.{uuid4().hex[:12]}@attic.example"
    id_ = await peer.create("users", email=email, password="secret", name=name, roles=[role])
    await company.leader(f"{name} Lead", telegram_id=str(telegram_id), attic_tech_user_id=id_)
    return id_


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as opened:
        yield opened


@pytest.fixture
async def town(
    peer: Peer,
    company: Company,
    connection: Connection,
    telegram: TelegramSandbox,
    database_url: str,
    tmp_path: Path,
) -> AsyncIterator[Town]:
    """The town after its first contact, with the program running."""
    word = uuid4().hex[:12]
    role = (await peer.get("/roles?where[name][equals]=Crew%20Leader&depth=0")).ids[0]
    ann = await hired(peer, company, "ann", role, 101)
    bob = await hired(peer, company, "bob", role, 102)
    branch = await peer.create("branches", name=f"City {word}")
    await company.manager(branch=await company.branch(f"City {word}"), telegram_id="900")
    client = await peer.create("clients", fullName="A Client", phone="+1 619 555 0101")
    estimate = await peer.create("estimates", branch=branch, client=client, status="Sold")
    job = await peer.create(
        "jobs",
        name=f"Attic of {word}",
        status="Pending Review",
        job_estimate=estimate,
        assignedCrew=[ann],
    )
    manager, *leaders = (
        telegram.person(id_, name, started=True)
        for id_, name in ((900, "Mona"), (101, "Ann"), (102, "Bob"))
    )
    town = Town(peer, connection, f"Attic of {word}", job, client, bob, manager, *leaders)
    async with program(peer, telegram, database_url, tmp_path):
        await manager.wait_for(lambda message: True, PATIENCE)  # the end of the first contact
        yield town


def about(town: Town) -> list[int]:
    """How many messages about the job Ann's, Bob's and the manager's phones show."""
    phones = (town.ann, town.bob, town.manager)
    return [sum(town.name in message.text for message in phone.received) for phone in phones]


async def test_a_patch_reaches_the_right_phones_by_the_end_of_the_next_run(town: Town):
    await town.peer.patch("jobs", town.job, status="Plans In Progress")
    await town.next_run()
    await town.ann.wait_for(town.name, PATIENCE)
    assert about(town) == [1, 0, 0]

    await town.peer.patch("jobs", town.job, assignedCrew=[town.successor])
    await town.next_run()
    await town.bob.wait_for(town.name, PATIENCE)
    taken = await town.ann.wait_for(lambda message: message.text.startswith("⚪"), PATIENCE)
    assert "555-0101" not in taken.text
    assert about(town) == [2, 1, 0]

    await town.peer.patch("clients", town.client, phone="+1 619 555 0142")
    await town.next_run()
    assert about(town) == [2, 1, 0]
    await town.bob.send(f"/job {town.job}")
    card = await town.bob.wait_for(lambda message: "0142" in message.text, PATIENCE)
    assert town.name in card.text
