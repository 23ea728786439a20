"""Row 8, the fix one tap away: approve, say who it is, add; by those whose job it is, and once."""

import asyncio
from dataclasses import dataclass

import pytest

from bot.views.alerts import AlertRow, alert_message
from bot.views.buttons import Mend, MendButton, WhoButton
from sync.alerts import AlertKind, RecipientType
from sync.database.locks import Lock, lock_for_transaction
from sync.deciding.company import load_company, refresh_people
from tests.integration.commands.conftest import OPERATOR, WORDS, Heard
from tests.scene import SCHEMES

ADA, ANN, BEN, LEADER = 101, 103, 104, 70
NOT_YOURS = "This button is not for you."
OUT_OF_DATE = "This button is out of date. Send the command again."


@dataclass(slots=True)
class Scene:
    """Job 7 of Orange is led by Attic Tech's user 70, Chris Jordan; 8 of Irvine by 80."""

    company: object
    phones: object
    jobs: object
    orange: int
    irvine: int
    row: int = 0

    @property
    def connection(self):
        return self.company.connection

    async def user(self, id: int, name: str, **fields) -> None:
        await self.connection.execute(
            "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
            " VALUES ('users', $1, $2)",
            *(id, {"name": name, "email": f"at{id}@example.com", **fields}),
        )

    async def settled(self) -> str | None:
        """As the last run left it; why the leader cannot be told."""
        company = await load_company(self.connection, ())
        await refresh_people(self.connection, company)
        return company.directory.leader(LEADER).reason

    async def waiting(self, reason: str) -> None:
        """The leader's alert, which could not go out."""
        await self.connection.execute(
            "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id,"
            " event_key, state, reason) VALUES ('job_assigned', $1, 'crew_leader', $2, 'k',"
            " 'undeliverable', $3)",
            *(self.row, LEADER, reason),
        )

    async def alert(self) -> tuple:
        row = await self.connection.fetchrow(
            "SELECT state, telegram_id FROM botzilla.alert WHERE event_key = 'k'"
        )
        return tuple(row)

    async def taps(self, who: int, deed: Mend, *, job: int = 7, leader: int = LEADER) -> Heard:
        data = MendButton(job=job, leader=leader, deed=deed).pack()
        return await self.phones.taps(who, data)

    async def chooses(self, who: int, source: str, id: int, *, job: int = 7) -> Heard:
        data = WhoButton(job=job, leader=LEADER, source=source, id=id).pack()
        return await self.phones.taps(who, data)

    async def employees(self) -> list[tuple]:
        rows = await self.connection.fetch(
            "SELECT id, status, attic_tech_user_id, approved_by FROM botzilla.employee ORDER BY id"
        )
        return [tuple(row) for row in rows]

    async def runs(self) -> int:
        return await self.connection.fetchval(
            "SELECT count(*) FROM botzilla.sync_run WHERE state = 'requested'"
        )


@pytest.fixture
async def scene(company, phones, jobs):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    scene = Scene(company, phones, jobs, orange, irvine)
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.manager(branch=orange, telegram_id=str(ANN))
    await company.manager(branch=irvine, telegram_id=str(BEN))
    await scene.user(LEADER, "Chris Jordan")
    scene.row = await jobs.add(7, leader=LEADER, branch=orange, crew_leader="Chris Jordan")
    await jobs.add(8, leader=80, branch=irvine)
    return scene


def buttons_of(reason: str, **facts) -> dict[str, str]:
    """What stands under the alert itself."""
    row = AlertRow(
        AlertKind.CREW_LEADER_UNREACHABLE,
        {"leader": "Chris Jordan", "leader_id": LEADER, "reason": reason, **facts},
    )
    said = alert_message(row, {"job_id": 7}, WORDS, RecipientType.OPERATION_MANAGER)
    return {
        button.text: button.callback_data
        for line in said.keyboard.inline_keyboard
        for button in line
        if button.callback_data
    }


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_approving_makes_him_active_and_his_message_goes_out(scene, company, scheme):
    await scene.connection.execute(SCHEMES[scheme])
    chris = await company.leader(
        "Chris Jordan", telegram_id="102", status="pending", branch=scene.irvine
    )
    assert await scene.settled() == "pending_approval"
    await scene.waiting("pending_approval")
    heard = await scene.phones.taps(ADA, buttons_of("pending_approval")["Approve"])
    assert heard.answers == ["✅ Chris Jordan is approved."]
    assert heard.text == (
        "✅ Chris Jordan is approved.\nJob Number7 · #7\nChris Jordan can be reached.\n"
        "What waits for them goes out by itself."
    )
    assert heard.buttons == {}
    ((id, status, _, approved_by),) = await scene.employees()
    ada = await scene.connection.fetchval("SELECT min(id) FROM botzilla.user")
    assert (id, status, approved_by) == (chris.employee, "active", ada)
    assert await scene.connection.fetchval(
        "SELECT approved_date > now() AT TIME ZONE 'UTC' - interval '1 minute'"
        " FROM botzilla.employee"
    )
    assert await scene.alert() == ("pending", "102")
    assert await scene.runs() == 1


async def test_approving_one_without_telegram_shows_the_next_reason(scene, company):
    await company.leader("Chris Jordan", status="pending")
    await scene.settled()
    await scene.waiting("pending_approval")
    heard = await scene.taps(ADA, Mend.APPROVE)
    assert heard.text.startswith(
        "✅ Chris Jordan is approved.\n\n🔴 A crew leader cannot be reached"
    )
    assert "Chris Jordan has no Telegram id in BotZilla." in heard.text
    assert (await scene.alert())[0] == "undeliverable"
    touched = await scene.connection.fetch(
        "SELECT id FROM botzilla.sync_touched WHERE collection = 'users'"
    )
    assert LEADER in [row["id"] for row in touched]
    assert await scene.runs() == 1


async def test_tapping_twice_approves_once(scene, company):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    await scene.settled()
    await scene.taps(ADA, Mend.APPROVE)
    before = await scene.employees()
    heard = await scene.taps(ANN, Mend.APPROVE)
    assert heard.text.startswith("Chris Jordan can be reached.")
    assert await scene.employees() == before


async def test_two_managers_at_once_approve_once(scene, company):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    await scene.settled()
    async with asyncio.TaskGroup() as group:
        taps = [group.create_task(scene.taps(who, Mend.APPROVE)) for who in (ADA, ANN, OPERATOR)]
    done = [tap.result().text.startswith("✅ Chris Jordan is approved.") for tap in taps]
    assert any(done)
    ((_, status, _, _),) = await scene.employees()
    assert status == "active"


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_who_left_is_not_approved(scene, company, columns):
    await company.leader("Chris Jordan", telegram_id="102", **{"status": "pending"} | columns)
    before = await scene.employees()
    heard = await scene.taps(ADA, Mend.APPROVE)
    assert "Chris Jordan is not an active employee in BotZilla." in heard.text
    assert await scene.employees() == before


async def test_one_of_two_namesakes_is_chosen_and_certain_from_then_on(scene, company):
    one = await company.leader("Chris Jordan", telegram_id="102", branch=scene.orange)
    two = await company.leader("Chris Jordan", telegram_id="113", branch=scene.irvine)
    assert await scene.settled() == "ambiguous"
    await scene.waiting("ambiguous")
    data = buttons_of("ambiguous", candidates=["Chris Jordan"])["Say who it is"]
    heard = await scene.phones.taps(ADA, data)
    assert heard.text.startswith("Who is Chris Jordan in BotZilla?\nJob Number7 · #7")
    assert list(heard.buttons) == [
        f"✅ Chris Jordan · Orange · {one.employee}",
        f"✅ Chris Jordan · Irvine · {two.employee}",
        "‹ Back",
    ]
    tapped = await scene.phones.taps(
        ADA, heard.buttons[f"✅ Chris Jordan · Irvine · {two.employee}"]
    )
    assert tapped.answers == ["✅ Chris Jordan is Chris Jordan in BotZilla."]
    assert [row[2] for row in await scene.employees()] == [None, LEADER]
    assert await scene.alert() == ("pending", "113")
    assert await scene.settled() is None


async def test_only_a_candidate_can_be_chosen(scene, company):
    await company.leader("Chris Jordan", telegram_id="102")
    await company.leader("Chris Jordan", telegram_id="113")
    other = await company.leader("Dana Ruiz", telegram_id="105", branch=scene.orange)
    await scene.settled()
    for source, id in (("employee", other.employee), ("employee", 99), ("user", 1)):
        heard = await scene.chooses(ADA, source, id)
        assert heard.answers == ["That is nobody whom you can choose. Choose again."]
    assert [row[2] for row in await scene.employees()] == [None] * 3


async def test_a_candidate_whom_nobody_joined_gets_an_employee(scene, company):
    one = await company.crew_member("Chris Jordan", telegram_id="102", branch=scene.orange)
    await company.crew_member("Chris Jordan", telegram_id="113")
    assert await scene.settled() == "ambiguous"
    await scene.waiting("ambiguous")
    heard = await scene.chooses(ADA, "crew_member", one)
    assert heard.answers == ["✅ Chris Jordan is Chris Jordan in BotZilla."]
    ((employee, status, attic, _),) = await scene.employees()
    assert (status, attic) == ("active", LEADER)
    assert (
        await scene.connection.fetchval(
            "SELECT employee_id FROM botzilla.crew_member WHERE id = $1", one
        )
        == employee
    )
    assert await scene.alert() == ("pending", "102")


async def test_one_telegram_id_of_two_people_is_nothing_to_choose(scene, company):
    await company.leader("Chris Jordan", telegram_id="102", attic_tech_user_id=LEADER)
    dana = await company.employee("Dana Ruiz")
    await company.crew_member("Dana Ruiz", telegram_id="102", employee_id=dana)
    assert await scene.settled() == "ambiguous"
    assert buttons_of("ambiguous", candidates=[]) == {}
    heard = await scene.taps(ADA, Mend.CHOOSE)
    assert "Two people in BotZilla have this Telegram number" in heard.text
    forged = await scene.chooses(ADA, "employee", dana)
    assert forged.answers == ["That is nobody whom you can choose. Choose again."]


async def test_somebody_unknown_is_chosen_from_the_managers_people(scene, company):
    kit = await company.leader("Kit Jordan", telegram_id="102", branch=scene.orange)
    await company.leader("Far Away", branch=scene.irvine)
    await company.leader("Known Already", branch=scene.orange, attic_tech_user_id=71)
    await scene.user(71, "Known Already")
    assert await scene.settled() == "not_in_database"
    await scene.waiting("not_in_database")
    heard = await scene.phones.taps(ADA, buttons_of("not_in_database")["Say who it is"])
    assert list(heard.buttons) == ["✅ Kit Jordan", "‹ Back"]
    tapped = await scene.phones.taps(ADA, heard.buttons["✅ Kit Jordan"])
    assert tapped.answers == ["✅ Chris Jordan is Kit Jordan in BotZilla."]
    assert (
        await scene.connection.fetchval(
            "SELECT attic_tech_user_id FROM botzilla.employee WHERE id = $1", kit.employee
        )
        == LEADER
    )
    assert await scene.alert() == ("pending", "102")
    again = await scene.phones.taps(ADA, heard.buttons["✅ Kit Jordan"])
    assert again.text.startswith("Chris Jordan can be reached.")


async def test_nobody_of_another_branch_or_known_as_another_user_is_chosen(scene, company):
    far = await company.leader("Far Away", branch=scene.irvine)
    known = await company.leader("Known Already", branch=scene.orange, attic_tech_user_id=71)
    hidden = await company.leader("Hidden One", branch=scene.orange, attic_tech_user_id=72)
    gone = await company.leader("Long Gone", branch=scene.orange, status="inactive")
    await scene.user(71, "Known Already")
    await scene.settled()
    nobody = "That is nobody whom you can choose. Choose again."
    another = "That person is another user in Attic Tech. Choose somebody else."
    for person, answer in ((far, nobody), (known, nobody), (gone, nobody), (hidden, another)):
        assert (await scene.chooses(ADA, "employee", person.employee)).answers == [answer]
    assert LEADER not in [row[2] for row in await scene.employees()]
    assert await scene.runs() == 0


async def test_a_reply_to_the_list_searches(scene, company):
    await company.leader("Kit Gray", branch=scene.orange)
    await company.leader("Lou Reed", branch=scene.orange)
    await scene.settled()
    listed = await scene.taps(ADA, Mend.CHOOSE)
    keyboard = listed.edits[0].reply_markup.model_dump(exclude_none=True)
    heard = await scene.phones.replies(ADA, 5, "kit", keyboard)
    assert list(heard.buttons) == ["⚪ Kit Gray", "‹ Back"]
    none = await scene.phones.replies(ADA, 5, "zoe", keyboard)
    assert "Nobody here is called “zoe”." in none.text
    assert (await scene.phones.replies(BEN, 5, "kit", keyboard)).text == NOT_YOURS
    assert "do not know you" in (await scene.phones.replies(55, 5, "kit", keyboard)).text


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_adding_makes_an_active_leader_of_the_jobs_branch(scene, scheme):
    await scene.connection.execute(SCHEMES[scheme])
    await scene.connection.execute(
        "UPDATE botzilla.attic_tech_document SET fields = fields || $1 WHERE id = $2",
        *({"name": "Chris  de la Cruz", "phone": "(619) 555-0142"}, LEADER),
    )
    await scene.settled()
    await scene.waiting("not_in_database")
    heard = await scene.phones.taps(ADA, buttons_of("not_in_database")["Add to BotZilla"])
    assert heard.text.startswith("✅ Chris  de la Cruz is in BotZilla now.\n\n🔴")
    assert "has no Telegram id in BotZilla." in heard.text
    employee = await scene.connection.fetchrow(
        "SELECT id, first_name, last_name, email, phone_number, status, role, branch_id,"
        " attic_tech_user_id, approved_by IS NOT NULL AS approved FROM botzilla.employee"
    )
    id, *rest = employee
    assert rest == [
        *("Chris", "de la Cruz", "at70@example.com", "+16195550142", "active", "crew_leader"),
        *(scene.orange, LEADER, True),
    ]
    member = await scene.connection.fetchrow(
        "SELECT name, phone, is_leader, employee_id, branch_id FROM botzilla.crew_member c"
        " JOIN botzilla.crew_member_branch b ON b.crew_member_id = c.id"
    )
    assert tuple(member) == ("Chris de la Cruz", "+16195550142", True, id, scene.orange)
    again = await scene.taps(ANN, Mend.ADD)
    assert "✅" not in again.text
    assert len(await scene.employees()) == 1


async def test_adding_at_once_adds_once(scene):
    await scene.settled()
    connection = scene.connection
    async with asyncio.timeout(20), asyncio.TaskGroup() as group, connection.transaction():
        await lock_for_transaction(connection, Lock.PEOPLE)
        taps = [group.create_task(scene.taps(who, Mend.ADD)) for who in (ADA, ANN, OPERATOR)]
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while await connection.fetchval(waiting) < len(taps):
            pass
    assert all("has no Telegram id in BotZilla." in tap.result().text for tap in taps)
    assert len(await scene.employees()) == 1
    assert await scene.connection.fetchval("SELECT count(*) FROM botzilla.crew_member") == 1


async def test_an_e_mail_that_somebody_has_is_not_taken_twice(scene, company):
    await company.employee("Other One", email="at70@example.com", attic_tech_user_id=99)
    await scene.settled()
    heard = await scene.taps(ADA, Mend.ADD)
    assert heard.answers == [
        "BotZilla does not take this person: somebody has the e-mail already, or it is missing."
    ]
    assert len(await scene.employees()) == 1
    assert await scene.runs() == 0


async def test_who_is_somebody_already_is_not_added(scene, company):
    await company.leader("Chris Jordan", telegram_id="102")
    await scene.settled()
    heard = await scene.taps(ADA, Mend.ADD)
    assert heard.text.startswith("Chris Jordan can be reached.")
    assert len(await scene.employees()) == 1


@pytest.mark.parametrize("deed", Mend)
async def test_a_manager_of_another_branch_mends_nothing(scene, company, deed):
    await company.leader("Chris Jordan", status="pending", branch=scene.orange)
    await scene.settled()
    before = await scene.employees()
    for who, job in ((BEN, 7), (ADA, 8), (ADA, 99), (OPERATOR, 99)):
        heard = await scene.taps(who, deed, job=job)
        assert (heard.answers, len(heard.calls)) == ([NOT_YOURS], 1)
    assert (await scene.chooses(BEN, "employee", before[0][0])).answers == [NOT_YOURS]
    assert await scene.employees() == before


@pytest.mark.parametrize("deed", Mend)
async def test_who_does_not_manage_mends_nothing(scene, company, deed):
    chris = await company.leader("Chris Jordan", status="pending", branch=scene.orange)
    await company.leader("Dana Ruiz", telegram_id="105", branch=scene.orange)
    await company.leader("Long Gone", telegram_id=str(ANN), status="inactive")
    await scene.settled()
    before = await scene.employees()
    for who in (55, 105, ANN):
        for heard in (
            await scene.taps(who, deed),
            await scene.chooses(who, "employee", chris.employee),
        ):
            assert heard.answers in ([NOT_YOURS], [OUT_OF_DATE])
            assert len(heard.calls) == 1
    assert await scene.employees() == before


async def test_an_operator_mends_everywhere_and_has_no_row_for_it(scene, company):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    await scene.settled()
    assert "is approved" in (await scene.taps(OPERATOR, Mend.APPROVE)).text
    ((_, status, _, approved_by),) = await scene.employees()
    assert (status, approved_by) == ("active", None)


async def test_a_leader_of_whom_the_job_knows_nothing_is_none_of_its_business(scene, company):
    await scene.user(71, "Dana Ruiz")
    await company.leader("Dana Ruiz", status="pending")
    await scene.settled()
    heard = await scene.taps(ADA, Mend.APPROVE, leader=71)
    assert heard.answers == ["This person has nothing to do with the job any more."]
    assert [row[1] for row in await scene.employees()] == ["pending"]


async def test_a_former_leader_who_was_not_told_can_still_be_approved(scene, company):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    await scene.settled()
    await scene.waiting("pending_approval")
    await scene.connection.execute("UPDATE botzilla.job_sync SET attic_tech_crew_leader_id = 71")
    assert "is approved" in (await scene.taps(ADA, Mend.APPROVE)).text


@pytest.mark.parametrize(
    "data",
    [
        *("mend", "mend:7:70", "mend:7:70:x:0", "mend:0:70:a:0", "mend:7:x:a:0", "mend:7:70:a:-1"),
        *("who:7:70:branch:1", "who:7:70:employee:0", "who:7:99999999999:employee:1", "who:7:70"),
    ],
)
async def test_forged_buttons_mend_nothing(scene, company, data):
    await company.leader("Chris Jordan", status="pending")
    await scene.settled()
    before = await scene.employees()
    assert (await scene.phones.taps(ADA, data)).answers == [OUT_OF_DATE]
    assert await scene.employees() == before


async def test_a_leader_whom_nobody_joined_to_an_employee_is_invited_by_one_tap(scene, company):
    """The normal leader on the day of a migration: a crew member without Telegram."""
    crew = await company.crew_member("Chris Jordan", branch=scene.orange)
    assert await scene.settled() == "no_telegram"
    await scene.waiting("no_telegram")
    shown = await scene.taps(ADA, Mend.SHOW)
    assert "➡️ Tap the button below and forward the invitation. Or:" in shown.text
    assert shown.buttons == buttons_of("no_telegram", crew_member_id=crew)
    heard = await scene.phones.taps(ADA, shown.buttons["📩 Invite Chris Jordan"])
    code = heard.sent[-1].text.partition("?start=")[2][:32]
    await scene.phones.says(102, f"/start {code}")
    ((_, status, attic_user, _),) = await scene.employees()
    assert (status, attic_user) == ("active", LEADER)
    assert await scene.alert() == ("pending", "102")


@pytest.mark.parametrize(
    "reason", ["inactive", "blocked_in_attic_tech", "unreadable_in_attic_tech", "no_manager"]
)
def test_what_cannot_be_mended_here_has_no_button_for_it(reason):
    assert buttons_of(reason) == {}
