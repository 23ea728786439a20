"""A crew leader who cannot be told, the fix one look away: who waits is approved on their card, by
those whose job it is, and once; who has no account is invited.
"""

import asyncio

import pytest

from bot.views.alerts import alert_message
from bot.views.buttons import AdmitButton, LeaderButton
from sync.model.alerts import AlertKind, Reason, RecipientType
from sync.model.kinds import read_facts
from tests.integration.handlers.conftest import OPERATOR, WORDS
from tests.scene import SCHEMES

ADA, ANN, BEN, LEADER = 101, 103, 104, 70
NOT_YOURS = "This button is not for you."
OUT_OF_DATE = "This button is out of date. Send the command again."
CARD = LeaderButton(job=7, leader=LEADER).pack()


@pytest.fixture
async def orange(company, jobs) -> int:
    """Job 7 is led by Attic Tech's user 70, Chris Jordan, whose alert could not go out."""
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.manager(branch=orange, telegram_id=str(ANN))
    await company.manager(branch=irvine, telegram_id=str(BEN))
    await jobs.mirrored(LEADER, "Chris Jordan")
    row = await jobs.add(7, leader=LEADER, branch=orange)
    await company.connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id,"
        " event_key, state, reason) VALUES ('job_assigned', $1, 'crew_leader', $2, 'k',"
        " 'undeliverable', 'pending_approval')",
        *(row, LEADER),
    )
    return orange


async def employees(connection) -> list[tuple]:
    rows = await connection.fetch(
        "SELECT id, status, approved_by FROM botzilla.employee ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def waiting(connection) -> tuple:
    return tuple(
        await connection.fetchrow(
            "SELECT state, telegram_id FROM botzilla.alert WHERE event_key = 'k'"
        )
    )


def buttons_of(reason: str, **facts) -> dict[str, str]:
    """What stands under the alert itself."""
    kind, reader = AlertKind.CREW_LEADER_UNREACHABLE, RecipientType.OPERATION_MANAGER
    stored = {"leader": "Chris Jordan", "leader_id": LEADER, "reason": reason, **facts}
    said = alert_message(kind, read_facts(kind, stored), {"job_id": 7}, WORDS, reader)
    buttons = (button for line in said.keyboard.inline_keyboard for button in line)
    return {button.text: button.callback_data for button in buttons if button.callback_data}


def test_the_alert_has_the_button_that_helps_and_no_other():
    shown = {reason: buttons_of(reason, employee_id=5) for reason in Reason}
    assert {reason: buttons for reason, buttons in shown.items() if buttons} == {
        Reason.PENDING_APPROVAL: {"Who is Chris Jordan?": CARD},
        Reason.NO_TELEGRAM: {"📩 Invite Chris Jordan": "invite:employee:5"},
        **{
            reason: {"New phone for Chris Jordan": "invite:employee:5"}
            for reason in (Reason.BOT_BLOCKED, Reason.CHAT_NOT_FOUND, Reason.DEACTIVATED)
        },
    }


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_approving_makes_active_and_the_message_goes_out(
    phones, company, connection, orange, scheme
):
    await connection.execute(SCHEMES[scheme])
    chris = await company.leader("Chris Jordan", telegram_id="102", status="pending", branch=orange)
    card = await phones.taps(ADA, CARD)
    done = await phones.taps(ADA, card.buttons["Approve"])
    assert "✅ Connected: messages arrive." in done.text
    ada = await connection.fetchval('SELECT min(id) FROM botzilla."user"')
    assert await employees(connection) == [(chris.employee, "active", ada)]
    assert await connection.fetchval(
        "SELECT approved_date > now() AT TIME ZONE 'UTC' - interval '1 minute'"
        " FROM botzilla.employee"
    )
    assert await waiting(connection) == ("pending", "102")
    told = await connection.fetch(
        "SELECT recipient_type, telegram_id FROM botzilla.alert WHERE kind = 'link_decided'"
    )
    assert [tuple(row) for row in told] == [("chat", "102")]
    runs = "SELECT count(*) FROM botzilla.sync_run WHERE state = 'requested'"
    assert await connection.fetchval(runs) == 1


async def test_of_many_taps_one_approves(phones, company, connection, orange):
    row = await company.leader("Chris Jordan", status="pending", branch=orange)
    data = AdmitButton(who=f"e{row.employee}").pack()
    async with asyncio.TaskGroup() as group:
        for who in (ADA, ANN, OPERATOR):
            group.create_task(phones.taps(who, data))
    ((_, status, _),) = await employees(connection)
    assert status == "active"
    await phones.taps(OPERATOR, data)
    assert (await employees(connection))[0][1] == "active"


async def test_an_operator_approves_everywhere_and_has_no_row_for_it(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", telegram_id="102", status="pending")
    card = await phones.taps(OPERATOR, CARD)
    await phones.taps(OPERATOR, card.buttons["Approve"])
    ((_, status, approved_by),) = await employees(connection)
    assert (status, approved_by) == ("active", None)


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_who_left_is_not_approved(phones, company, connection, orange, columns):
    row = await company.leader("Chris Jordan", **{"status": "pending"} | columns)
    before = await employees(connection)
    heard = await phones.taps(ADA, AdmitButton(who=f"e{row.employee}").pack())
    assert "Approve" not in heard.buttons
    assert await employees(connection) == before


async def test_nobody_else_looks_or_approves(phones, company, connection, orange):
    row = await company.leader("Chris Jordan", status="pending", branch=orange)
    await company.leader("Dana Ruiz", telegram_id="105", branch=orange)
    await company.connection.execute(
        "UPDATE botzilla.employee SET status = 'pending' WHERE id = $1", row.employee
    )
    before = await employees(connection)
    for who in (BEN, 55, 105):
        for data in (CARD, AdmitButton(who=f"e{row.employee}").pack()):
            heard = await phones.taps(who, data)
            assert heard.answers in ([NOT_YOURS], [OUT_OF_DATE])
            assert len(heard.calls) == 1
    assert await employees(connection) == before


@pytest.mark.parametrize(
    "data", ["mend", "mend:7:70:x:0", "mend:0:70:a:0", "mend:7:99:a:0", "who:7:70:x:1"]
)
async def test_what_is_forged_or_means_nobody_is_out_of_date(phones, company, orange, data):
    await company.leader("Chris Jordan", status="pending", branch=orange)
    assert (await phones.taps(ADA, data)).answers == [OUT_OF_DATE]


async def test_a_leader_whom_nobody_joined_to_an_employee_is_invited_by_one_tap(
    phones, company, connection, orange
):
    """The normal leader on the day of a migration: a crew member without Telegram."""
    crew = await company.crew_member("Chris Jordan", branch=orange)
    (invite,) = buttons_of("no_telegram", crew_member_id=crew).values()
    heard = await phones.taps(ADA, invite)
    code = heard.sent[-1].text.partition("?start=")[2][:32]
    assert (await phones.says(102, f"/start {code}")).text.startswith("🟢 You are connected.\nHi")
    assert await employees(connection) == []
    assert await waiting(connection) == ("pending", "102")
