"""Managers decide who somebody is: once, for their branches, as people whom they look after."""

import asyncio
from datetime import timedelta

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import EditMessageText

from bot.people.deciding import likely
from bot.people.identity import Standing, read_identity
from bot.people.linking import Table, Unjoined
from bot.people.member import Member
from bot.views.buttons import AsButton, BranchButton, Deed, RequestButton
from tests.integration.commands.conftest import OPERATOR, Heard

NEWCOMER, ADA, ANN, BEN = 55, 101, 103, 104
PHONE = "16195550142"
NOT_YOURS = "This button is not for you."


@pytest.fixture
async def scene(company, phones):
    """Lou asks the managers of Orange: Ada, who is an employee, and Ann, who is not."""
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.employee("Ada Cole", telegram_id=str(ADA), role="corporate")
    await company.manager(branch=orange, telegram_id=str(ANN), email="ann@example.com")
    await company.manager(branch=irvine, telegram_id=str(BEN))
    await phones.shares(NEWCOMER, PHONE)
    await phones.taps(NEWCOMER, BranchButton(branch=orange).pack())
    return Scene(company, phones, orange, irvine)


class Scene:
    def __init__(self, company, phones, orange: int, irvine: int) -> None:
        self.company, self.phones, self.orange, self.irvine = company, phones, orange, irvine
        self.connection = company.connection

    async def taps(self, who: int, deed: Deed, **more) -> Heard:
        data = RequestButton(request=1, deed=deed).pack()
        return await self.phones.taps(who, data, **more)

    async def chooses(self, who: int, source: str, id: int, **more) -> Heard:
        data = AsButton(request=1, source=source, id=id).pack()
        return await self.phones.taps(who, data, **more)

    async def delivered(self) -> None:
        await self.connection.execute(
            "UPDATE botzilla.alert SET state = 'delivered', chat_id = telegram_id::bigint,"
            " message_id = 500 + id WHERE kind = 'link_requested'"
        )

    async def request(self) -> tuple:
        return tuple(
            await self.connection.fetchrow(
                "SELECT decided_by, approved, approved_as, employee_id"
                " FROM botzilla.telegram_link_request WHERE id = 1"
            )
        )

    async def told(self) -> list[tuple]:
        rows = await self.connection.fetch(
            "SELECT recipient_type, recipient_id, state, facts FROM botzilla.alert"
            " WHERE kind = 'link_decided' ORDER BY id"
        )
        return [tuple(row) for row in rows]

    async def attempts(self) -> list[tuple]:
        rows = await self.connection.fetch(
            "SELECT telegram_id, outcome, employee_id FROM botzilla.telegram_link_attempt"
            " WHERE via = 'approval' ORDER BY id"
        )
        return [tuple(row) for row in rows]

    async def telegram_id(self, employee: int) -> str | None:
        return await self.connection.fetchval(
            "SELECT telegram_id FROM botzilla.employee WHERE id = $1", employee
        )


OPEN = (None, None, None, None)


async def test_the_card_becomes_the_people_of_the_manager_and_back(scene, company):
    await company.leader("Lou Reed", branch=scene.orange)
    await company.leader("Not Ours", branch=scene.irvine)
    await company.leader("Long Gone", branch=scene.orange, status="inactive")
    heard = await scene.taps(ADA, Deed.CHOOSE)
    assert heard.edits[0].text.startswith("<b>🔑 Somebody asks to be linked</b>")
    assert [text[2:] for text in heard.buttons] == ["Lou Reed", "Ada Cole", "Back"]
    back = await scene.phones.taps(ADA, heard.buttons["‹ Back"])
    assert list(back.buttons) == ["Approve as …", "Refuse"]


async def test_approving_links_and_is_told_to_everybody(scene, company, connection):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    await scene.delivered()
    heard = await scene.chooses(ADA, "employee", lou.employee, on=501)
    assert heard.answers == ["✅ Ada Cole approved this as Lou Reed."]
    mine, others = heard.edits
    assert mine.text.endswith("✅ Ada Cole approved this as Lou Reed.")
    assert mine.reply_markup is None
    assert (others.chat_id, others.message_id, others.reply_markup) == (ANN, 502, None)
    assert others.text == mine.text
    user = await connection.fetchval("SELECT min(id) FROM botzilla.user")
    assert await scene.request() == (f"user:{user}", True, "Lou Reed", lou.employee)
    assert await scene.told() == [
        ("chat", NEWCOMER, "pending", {"approved": True, "name": "Lou Reed"})
    ]
    assert await scene.attempts() == [(NEWCOMER, "linked", lou.employee)]
    known = await read_identity(connection, NEWCOMER, (), "en")
    assert (known.standing, known.name) == (Standing.KNOWN, "Lou Reed")


async def test_the_others_read_it_in_their_language(scene, company, connection):
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language) VALUES ($1, 'es')", ANN
    )
    await scene.delivered()
    heard = await scene.taps(ADA, Deed.REFUSE, on=501)
    assert [edit.text.splitlines()[-1] for edit in heard.edits] == [
        "❌ Ada Cole refused this.",
        "❌ Ada Cole lo rechazó.",
    ]


async def test_a_card_that_telegram_does_not_change_costs_nobody_anything(scene, company):
    await scene.delivered()
    failure = TelegramBadRequest(EditMessageText, "Bad Request: message can't be edited")
    scene.phones.session.fails += [failure, failure]
    heard = await scene.taps(ADA, Deed.REFUSE, on=501)
    assert heard.answers == ["❌ Ada Cole refused this."]
    assert (await scene.request())[1] is False


async def test_a_pending_person_becomes_active_by_it(scene, company, connection):
    lou = await company.leader("Lou Reed", branch=scene.orange, status="pending")
    await scene.chooses(ANN, "employee", lou.employee)
    status, approved_by, since = await connection.fetchrow(
        "SELECT status, approved_by, timezone('UTC', now()) - approved_date"
        " FROM botzilla.employee WHERE id = $1",
        lou.employee,
    )
    ann = await connection.fetchval("SELECT id FROM botzilla.user WHERE telegram_id = $1", str(ANN))
    assert (status, approved_by) == ("active", ann)
    assert timedelta() <= since < timedelta(minutes=1)
    assert (await read_identity(connection, NEWCOMER, (), "en")).standing is Standing.KNOWN


async def test_an_operator_approves_anybody_and_has_no_row_for_it(scene, company, connection):
    lou = await company.leader("Lou Reed", branch=scene.irvine, status="pending")
    await scene.chooses(OPERATOR, "employee", lou.employee)
    assert await scene.request() == (f"telegram:{OPERATOR}", True, "Lou Reed", lou.employee)
    assert await connection.fetchval(
        "SELECT approved_by IS NULL AND status = 'active' FROM botzilla.employee WHERE id = $1",
        lou.employee,
    )


async def test_a_row_that_nobody_joined_can_be_the_one(scene, company, connection):
    lou = await company.crew_member("Lou Reed", branch=scene.orange)
    await scene.chooses(ADA, "crew_member", lou)
    assert await scene.request() == (
        (await scene.request())[0],
        True,
        "Lou Reed",
        None,
    )
    assert await connection.fetchval(
        "SELECT telegram_id FROM botzilla.crew_member WHERE id = $1", lou
    ) == str(NEWCOMER)


async def test_refusing_links_nobody_and_he_hears_it(scene, company):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    heard = await scene.taps(ADA, Deed.REFUSE)
    assert heard.answers == ["❌ Ada Cole refused this."]
    assert await scene.told() == [("chat", NEWCOMER, "pending", {"approved": False, "name": None})]
    assert await scene.attempts() == [(NEWCOMER, "refused", None)]
    assert await scene.telegram_id(lou.employee) is None


async def test_cards_that_have_not_left_do_not_leave_any_more(scene, connection):
    await scene.taps(ADA, Deed.REFUSE)
    states = await connection.fetch(
        "SELECT state, reason FROM botzilla.alert WHERE kind = 'link_requested'"
    )
    assert [tuple(row) for row in states] == [("superseded", "done")] * 2


async def test_the_second_manager_hears_who_decided(scene, company):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    await scene.taps(ADA, Deed.REFUSE)
    before = await scene.request()
    for heard in (
        await scene.chooses(ANN, "employee", lou.employee),
        await scene.taps(ANN, Deed.REFUSE),
        await scene.taps(ANN, Deed.CHOOSE),
        await scene.taps(ANN, Deed.SHOW),
    ):
        assert heard.text.endswith("❌ Ada Cole refused this.")
        assert heard.buttons == {}
    assert await scene.request() == before
    assert len(await scene.told()) == len(await scene.attempts()) == 1
    assert await scene.telegram_id(lou.employee) is None


async def test_a_double_tap_has_the_same_answer_and_no_second_effect(scene, company):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    first = await scene.chooses(ADA, "employee", lou.employee)
    before = await scene.request(), await scene.told(), await scene.attempts()
    second = await scene.chooses(ADA, "employee", lou.employee)
    assert (second.text, second.answers) == (first.text, first.answers)
    assert (await scene.request(), await scene.told(), await scene.attempts()) == before


async def test_two_managers_at_once_decide_once(scene, company):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    dan = await company.leader("Dan Poe", branch=scene.orange)
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.chooses(ADA, "employee", lou.employee))
        group.create_task(scene.chooses(ANN, "employee", dan.employee))
        group.create_task(scene.taps(OPERATOR, Deed.REFUSE))
    assert len(await scene.told()) == len(await scene.attempts()) == 1
    _, approved, _, employee = await scene.request()
    linked = [id for id in (lou.employee, dan.employee) if await scene.telegram_id(id)]
    assert linked == ([employee] if approved else [])


async def test_who_comes_second_by_a_hair_changes_nothing(scene, connection):
    """Both read the request while it was open, as far as they could."""
    async with asyncio.TaskGroup() as group, asyncio.timeout(20), connection.transaction():
        await connection.execute("SELECT FROM botzilla.telegram_link_request FOR UPDATE")
        for who in (ADA, ANN):
            group.create_task(scene.taps(who, Deed.REFUSE))
        waiting = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
        while await connection.fetchval(waiting) < 2:
            pass
    assert len(await scene.told()) == len(await scene.attempts()) == 1


async def test_a_manager_of_another_branch_decides_nothing(scene, company):
    lou = await company.leader("Lou Reed", branch=scene.irvine)
    for heard in (
        await scene.chooses(BEN, "employee", lou.employee),
        *[await scene.taps(BEN, deed) for deed in Deed],
    ):
        assert (heard.answers, len(heard.calls)) == ([NOT_YOURS], 1)
    assert (await scene.request(), await scene.told()) == (OPEN, [])


async def test_who_is_no_manager_decides_nothing(scene, company, connection):
    lou = await company.leader("Lou Reed", telegram_id="102", branch=scene.orange)
    for who in (NEWCOMER, 102, 77):
        for heard in (
            await scene.chooses(who, "employee", lou.employee),
            *[await scene.taps(who, deed) for deed in Deed],
        ):
            assert len(heard.calls) == 1
            assert heard.answers != [None]
    assert (await scene.request(), await scene.told()) == (OPEN, [])


async def test_a_manager_who_left_decides_nothing(scene, connection):
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    assert (await scene.taps(ADA, Deed.REFUSE)).answers == [NOT_YOURS]
    assert await scene.request() == OPEN


async def test_he_approves_only_as_people_whom_he_looks_after(scene, company):
    other = await company.leader("Not Ours", branch=scene.irvine)
    gone = await company.leader("Long Gone", branch=scene.orange, status="inactive")
    ben = await company.user(role="seller", telegram_id="9")
    wrong = {
        ("employee", other.employee): "That is nobody whom you can approve. Choose again.",
        ("employee", 99): "That is nobody whom you can approve. Choose again.",
        ("user", ben): "That is nobody whom you can approve. Choose again.",
        ("employee", gone.employee): (
            "That person is not active any more. Choose somebody else, or refuse."
        ),
    }
    for (source, id), sentence in wrong.items():
        heard = await scene.chooses(ADA, source, id)
        assert (heard.answers, len(heard.calls)) == ([sentence], 1)
    assert (await scene.request(), await scene.told()) == (OPEN, [])


async def test_an_account_that_became_somebody_meanwhile_is_not_linked_again(scene, company):
    await company.leader("Dana Ruiz", telegram_id=str(NEWCOMER), branch=scene.orange)
    lou = await company.leader("Lou Reed", branch=scene.orange)
    heard = await scene.chooses(ADA, "employee", lou.employee)
    assert heard.answers == [
        "This Telegram account belongs to somebody else here already. Refuse, or ask who it is."
    ]
    assert await scene.telegram_id(lou.employee) is None
    assert await scene.request() == OPEN
    assert await scene.attempts() == [(NEWCOMER, "taken", None)]


@pytest.fixture
async def anns(scene, company):
    """Ann, who manages Orange and is no employee, asks as well; the button that makes her Lou."""
    await scene.phones.shares(ANN, "16195550177")
    await scene.phones.taps(ANN, BranchButton(branch=scene.orange).pack())
    lou = await company.leader("Lou Reed", branch=scene.orange)
    return AsButton(request=2, source="employee", id=lou.employee)


@pytest.mark.parametrize("who", [ANN, OPERATOR])
async def test_nobody_approves_himself(scene, anns, who):
    await scene.connection.execute(
        "UPDATE botzilla.telegram_link_request SET telegram_id = $1 WHERE id = 2", who
    )
    heard = await scene.phones.taps(who, anns.pack())
    sentence = "This request is your own. Let another operation manager decide."
    assert (heard.answers, len(heard.calls)) == ([sentence], 1)
    assert await scene.telegram_id(anns.id) is None


async def test_the_card_of_a_manager_goes_to_the_others(scene, anns):
    asked = await scene.connection.fetch(
        "SELECT telegram_id FROM botzilla.alert WHERE kind = 'link_requested'"
        " AND facts ->> 'request' = '2'"
    )
    assert [row["telegram_id"] for row in asked] == [str(ADA)]


async def test_who_is_a_user_of_botzilla_is_not_made_somebody_else(scene, anns):
    heard = await scene.phones.taps(ADA, anns.pack())
    assert heard.answers == [
        "This Telegram account belongs to somebody else here already. Refuse, or ask who it is."
    ]
    assert await scene.telegram_id(anns.id) is None
    assert await scene.attempts() == [(ANN, "taken", None)]


@pytest.mark.parametrize(
    ("email", "phone"), [("ANN@example.com", None), ("a@example.com", "+1 619 555 0177")]
)
async def test_a_user_of_botzilla_is_approved_as_himself(scene, company, anns, email, phone):
    await scene.connection.execute(
        """UPDATE botzilla."user" SET phone = '619-555-0177' WHERE telegram_id = $1""", str(ANN)
    )
    ann = await company.employee("Ann Fox", email=email, branch_id=scene.orange)
    await company.crew_member("Ann Fox", phone=phone, employee_id=ann)
    heard = await scene.phones.taps(ADA, anns.model_copy(update={"id": ann}).pack())
    assert heard.answers == ["✅ Ada Cole approved this as Ann Fox."]
    assert await scene.telegram_id(ann) == str(ANN)


async def test_who_decided_is_named_as_he_was_before_it(scene, company):
    """An operator lets his new phone take the place of the one that he taps with."""
    olga = await company.employee("Olga Roe", telegram_id=str(OPERATOR), role="corporate")
    heard = await scene.chooses(OPERATOR, "employee", olga)
    assert heard.answers == ["✅ Olga Roe approved this as Olga Roe."]


async def test_relinking_by_approval_is_told_to_the_former_account(scene, company, connection):
    lou = await company.leader("Lou Reed", branch=scene.orange, telegram_id="102")
    await scene.chooses(ADA, "employee", lou.employee)
    moved = await connection.fetch(
        "SELECT recipient_type, recipient_id FROM botzilla.alert WHERE kind = 'link_moved'"
        " ORDER BY id"
    )
    assert tuple(moved[0]) == ("chat", 102)
    assert {row["recipient_type"] for row in moved[1:]} == {"operation_manager"}


async def test_a_reply_to_the_card_searches(scene, company):
    await company.leader("Lou Reed", branch=scene.orange)
    await company.leader("Löu Gray", branch=scene.orange)
    await company.leader("Dan Poe", branch=scene.orange)
    await scene.delivered()
    heard = await scene.phones.replies(ADA, 501, "lou")
    assert [text[2:] for text in heard.buttons] == ["Löu Gray", "Lou Reed", "Back"]
    keyboard = heard.sent[0].reply_markup.model_dump(exclude_none=True)
    again = await scene.phones.replies(ADA, 1000, "dan", keyboard)
    assert [text[2:] for text in again.buttons] == ["Dan Poe", "Back"]
    none = await scene.phones.replies(ADA, 501, "<zoe>")
    assert "Nobody here is called “<zoe>”." in none.text
    tapped = await scene.phones.taps(ADA, again.buttons["⚪ Dan Poe"])
    assert tapped.answers == ["✅ Ada Cole approved this as Dan Poe."]


async def test_a_reply_of_somebody_else_finds_nobody(scene, company):
    await company.leader("Lou Reed", branch=scene.orange, telegram_id="102")
    await scene.delivered()
    keyboard = {
        "inline_keyboard": [
            [
                {
                    "text": "Refuse",
                    "callback_data": RequestButton(request=1, deed=Deed.REFUSE).pack(),
                }
            ]
        ]
    }
    assert (await scene.phones.replies(BEN, 501, "lou", keyboard)).text == NOT_YOURS
    for who, text in ((102, "I did not understand that."), (NEWCOMER, "I do not know you yet.")):
        assert (await scene.phones.replies(who, 501, "lou", keyboard)).text.startswith(text)


@pytest.mark.parametrize(
    "data",
    [
        *("ask", "ask:1", "ask:0:r:0", "ask:1:x:0", "ask:x:r:0", "ask:1:r:-1", "ask:1:r:0:0"),
        *(
            "as:1",
            "as:1:employee:0",
            "as:1:branch:1",
            "as:1:employee:99999999999",
            "as:0:employee:1",
        ),
    ],
)
async def test_forged_buttons_decide_nothing(scene, data):
    heard = await scene.phones.taps(ADA, data)
    assert heard.answers == ["This button is out of date. Send the command again."]
    assert await scene.request() == OPEN


async def test_a_request_that_does_not_exist_or_was_not_asked_is_nobodys(scene, connection):
    await scene.phones.shares(56, "16195550199")
    for id in (2, 99, 2**63 - 1):
        for deed in Deed:
            heard = await scene.phones.taps(ADA, RequestButton(request=id, deed=deed).pack())
            assert heard.answers == [NOT_YOURS]


async def test_approving_sets_free_what_waited_for_him(scene, company, jobs, connection):
    lou = await company.leader("Lou Reed", branch=scene.orange)
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', 70, $1)",
        {"name": "Lou Reed"},
    )
    await jobs.attic_user(70, lou.employee, name="Lou Reed", reason="no_telegram")
    row = await jobs.add(7, leader=70, branch=scene.orange)
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, reason) VALUES ('job_assigned', $1, 'crew_leader', 70, 'k', 'undeliverable',"
        " 'no_telegram')",
        row,
    )
    await scene.chooses(ADA, "employee", lou.employee)
    state = await connection.fetchrow(
        "SELECT state, telegram_id FROM botzilla.alert WHERE kind = 'job_assigned'"
    )
    assert tuple(state) == ("pending", str(NEWCOMER))
    assert await connection.fetchval("SELECT state FROM botzilla.sync_run") == "requested"


def test_the_likely_ones_come_first():
    phone = Member("crew_member", 1, "Somebody Else", telegram_id=9)
    both = Member("employee", 2, "Lóu Reed", 2)
    one = Member("employee", 3, "Lou Gray", 3)
    linked = Member("employee", 4, "Ann Fox", 4, telegram_id=8)
    free = Member("employee", 5, "Zoe Poe", 5)
    ordered = likely([linked, free, one, both, phone], [Unjoined(Table.CREW_MEMBER, 1)], "LOU reed")
    assert ordered == (phone, both, one, free, linked)
