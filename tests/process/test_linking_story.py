"""The life of a crew leader with this bot, in Spanish, with the real program between both pretend
systems: nobody could reach them, they are invited, read that they are connected and then of their
job, lose their phone and get another one, are taken for somebody else and put right, and leave.

With JOBSYNC_SCREENS=<folder> the phones are written there as text, as people saw them.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.attic_tech import API_KEY, AtticTechSandbox
from sandbox.telegram import Phone, TelegramSandbox
from sync.postgres.pool import Connection
from tests.posting import until
from tests.scene import Company

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
pytestmark = pytest.mark.timeout(180)  # the program itself needs seconds to start

LUPE, NORA = 801, 802  # managers of Orange and of Irvine
HUGO, HUGOS_NEW_PHONE, A_STRANGER = 811, 812, 813
HUGOS_NUMBER = "+1 714 555 0111"


@dataclass(slots=True)
class Story:
    """Both pretend systems, the database, and who plays in it."""

    connection: Connection
    attic_tech: AtticTechSandbox
    telegram: TelegramSandbox
    hugo: int  # his employee
    job: int

    def phone(self, id: int) -> Phone:
        return self.telegram.phone(id)

    async def hears(self, id: int, words: str) -> str:
        """The newest message on this phone with these words, once it is there."""
        return (await self.phone(id).wait_for(words, PATIENCE)).text

    async def opens(self, id: int, invitation: str) -> None:
        """He opens the link of the invitation that was forwarded to him."""
        code = re.search(r"\?start=([\w-]+)", invitation)
        assert code, invitation
        await self.phone(id).start(code[1])

    def show(self, *people: int) -> None:
        """Write the phones down, for whoever wants to look at them."""
        if named := os.environ.get("JOBSYNC_SCREENS"):
            folder = Path(named)
            folder.mkdir(parents=True, exist_ok=True)
            for id in people:
                (folder / f"{id}.txt").write_text(self.phone(id).screen(), encoding="utf-8")


def _fill(attic_tech: AtticTechSandbox) -> int:
    """Roles, branches, one job that waits; returns its number."""
    leader = attic_tech.create("roles", name="Crew Leader")
    member = attic_tech.create("roles", name="Crew Member")
    orange = attic_tech.create("branches", name="Orange")
    attic_tech.create("branches", name="Irvine")
    attic_tech.create("users", name="Hugo Salinas", email="hugo@example.com", roles=[leader])
    attic_tech.create("users", name="Beto Cruz", email="beto@example.com", roles=[member])
    client = attic_tech.create("clients", fullName="Ana Ruiz", phone="(619) 555-0142")
    place = attic_tech.create(
        "properties", client=client, address="12 Elm St", city="Orange", state="CA"
    )
    estimate = attic_tech.create(
        "estimates", name="Ruiz", status="Sold", branch=orange, client=client, property=place
    )
    return attic_tech.create(
        "jobs", name="Casa Ruiz", status="Requires Crew Lead", job_estimate=estimate
    )


async def _hire(company: Company) -> int:
    """The people of BotZilla; returns the employee of Hugo, who has no Telegram id."""
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=str(LUPE))
    await company.manager(branch=irvine, telegram_id=str(NORA))
    hugo = await company.leader(
        "Hugo Salinas", branch=orange, email="hugo@example.com", phone_number=HUGOS_NUMBER
    )
    assert hugo.employee is not None
    return hugo.employee


@pytest.fixture
async def story(
    connection: Connection, company: Company, database_url: str, tmp_path: Path
) -> AsyncIterator[Story]:
    async with AtticTechSandbox() as attic_tech, TelegramSandbox() as telegram:
        job, hugo = _fill(attic_tech), await _hire(company)
        for id, name in ((LUPE, "Lupe"), (NORA, "Nora"), (HUGO, "Hugo"), (A_STRANGER, "Zoe")):
            telegram.person(id, name, "es")
        telegram.person(HUGOS_NEW_PHONE, "Hugo", "es", phone_number=HUGOS_NUMBER)
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "DATABASE_URL": database_url,
                "DEFAULT_LANGUAGE": "es",
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_API_URL": telegram.url,
                "ATTIC_TECH_API_URL": attic_tech.url,
                "ATTIC_TECH_API_KEY": API_KEY,
                "SYNC_INTERVAL": "1",
                "HTTP_PORT": "0",
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield Story(connection, attic_tech, telegram, hugo, job)
        finally:
            program.kill()
            await program.wait()


async def test_from_nobody_could_tell_him_to_nobody_needs_to(story: Story) -> None:
    lupe, hugo = story.phone(LUPE), story.phone(HUGO)
    await lupe.start()
    await story.phone(NORA).start()
    await story.hears(LUPE, "Todo está copiado")

    # He gets a job, and nobody could tell him.
    await hugo.start()
    await story.hears(HUGO, "Todavía no te conozco")
    story.attic_tech.patch(
        "jobs", story.job, status="Plans In Progress", assignedCrew=[await _user(story)]
    )
    await story.hears(LUPE, "no tiene")

    # One tap, and he is invited; what waited for him comes after he has read why.
    await lupe.tap("📩 Invitar a Hugo Salinas")
    invitation = await story.hears(LUPE, "?start=")
    await story.opens(A_STRANGER, "?start=" + "x" * 32)
    await story.hears(A_STRANGER, "No conozco esta invitación")
    await story.opens(HUGO, invitation)
    assert "555-0142" in await story.hears(HUGO, "Tienes un trabajo nuevo")
    read = [message.text for message in hugo.received]
    connected = next(n for n, text in enumerate(read) if "Ya quedaste conectado" in text)
    assert connected < next(n for n, text in enumerate(read) if "trabajo nuevo" in text)
    assert "Hugo" in await story.hears(LUPE, "ya quedó conectado")
    await story.opens(A_STRANGER, invitation)
    await story.hears(A_STRANGER, "Esta invitación ya se usó")

    # He loses his phone: his number alone opens nothing, since he has an account; his manager
    # invites the new one after a question, and the old one hears of it and learns nothing more.
    again = story.phone(HUGOS_NEW_PHONE)
    await again.send("/link")
    await story.hears(HUGOS_NEW_PHONE, "Toca el botón")
    await again.press_key(1)
    await story.hears(HUGOS_NEW_PHONE, "Pídele una invitación")
    await lupe.send("/team Hugo Salinas")
    await lupe.wait_for("Sucursales", PATIENCE)
    await lupe.tap("Teléfono nuevo de Hugo Salinas")
    await lupe.wait_for("ya está conectado", PATIENCE)
    await lupe.tap("Sí, teléfono nuevo")
    newest = await until(lambda: _newer(lupe, invitation), PATIENCE)
    await story.opens(A_STRANGER, newest)
    await story.hears(A_STRANGER, "Ya quedaste conectado")

    # A stranger has opened it: who invited reads which account that was, and undoes it.
    assert "Zoe" in await story.hears(LUPE, "otra cuenta de Telegram")
    await lupe.tap("No es esa persona")
    await story.hears(A_STRANGER, "ya no está conectada")
    await hugo.send("/myjobs")
    await story.hears(HUGO, "Casa Ruiz")
    await lupe.send("/team Hugo Salinas")
    await lupe.wait_for("Sucursales", PATIENCE)
    await lupe.tap("Teléfono nuevo de Hugo Salinas")
    await lupe.tap("Sí, teléfono nuevo")
    await story.opens(HUGOS_NEW_PHONE, await until(lambda: _newer(lupe, newest), PATIENCE))
    await story.hears(HUGOS_NEW_PHONE, "Ya quedaste conectado")
    await again.send("/myjobs")
    await story.hears(HUGOS_NEW_PHONE, "Casa Ruiz")
    await story.hears(HUGO, "Desde ahora tus mensajes van a otra cuenta")
    await hugo.send("/myjobs")
    await story.hears(HUGO, "Todavía no te conozco")

    # He leaves: his branch hears of it once, with his job, and its card loses the customer.
    await story.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE id = $1", story.hugo
    )
    await story.hears(LUPE, "#" + str(story.job))
    await again.send("/job " + str(story.job))
    await story.hears(HUGOS_NEW_PHONE, "que no está activo aquí")

    async def their_card_is_struck() -> bool:
        return not any("555-0142" in m.text for phone in (hugo, again) for m in phone.received)

    await until(their_card_is_struck, PATIENCE)  # what they asked for, they have read
    # Of her colleague's people Nora hears no more than that their links change, since nobody else
    # is there who could; of their jobs nothing.
    assert "Hugo Salinas" in story.phone(NORA).screen()
    assert "Casa Ruiz" not in story.phone(NORA).screen()
    story.show(LUPE, HUGO, HUGOS_NEW_PHONE, A_STRANGER, NORA)


async def _newer(phone: Phone, before: str) -> str | None:
    """The newest invitation on this phone, once it is another one."""
    invitations = [m.text for m in phone.received if "?start=" in m.text]
    return invitations[-1] if invitations[-1] != before else None


async def _user(story: Story) -> int:
    found = await until(
        lambda: story.connection.fetchval(
            "SELECT attic_tech_user_id FROM botzilla.attic_tech_person WHERE employee_id = $1",
            story.hugo,
        ),
        PATIENCE,
    )
    return int(found)
