"""`/invite` and the link it makes, by real updates: who may invite whom, and what refusals say."""

import re
from datetime import timedelta

import pytest
import structlog.testing
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import SendMessage

from bot.people.invites import TRIES
from bot.views.buttons import InviteButton, InvitesButton
from bot.views.message import plain
from sync.model.alerts import AlertKind
from tests.integration.handlers.conftest import GROUP, OPERATOR

ADA, BOB, CHRIS, ANOTHER = 101, 105, 102, 103
NOT_YOURS = "This person is not one of yours. /invite shows whom you can invite."


@pytest.fixture
async def orange(company) -> int:
    return await company.branch("Orange")


@pytest.fixture
async def chris(company, orange):
    """Ada and Bob manage two branches; Chris works in hers and is not linked."""
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.manager(branch=await company.branch("Irvine"), telegram_id=str(BOB))
    return await company.leader("Chris Jordan", branch=orange)


def button(employee: int) -> str:
    return InviteButton(source="employee", id=employee).pack()


async def invited(phones, employee: int, by: int = ADA) -> str:
    """The code that somebody gets by a tap."""
    heard = await phones.taps(by, button(employee))
    return code_in(heard.sent[-1].text)


def code_in(text: str) -> str:
    (code,) = re.findall(r"https://t\.me/jobs_bot\?start=([A-Za-z0-9_-]{32})\n", text)
    return code


async def age(connection, length: timedelta) -> None:
    await connection.execute(
        "UPDATE botzilla.telegram_invite SET created_at = created_at - $1::interval,"
        " expires_at = expires_at - $1::interval",
        length,
    )


async def outcomes(connection) -> list[tuple]:
    rows = await connection.fetch(
        "SELECT telegram_id, outcome FROM botzilla.telegram_link_attempt ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def linked(connection, person) -> str | None:
    return await connection.fetchval(
        "SELECT telegram_id FROM botzilla.employee WHERE id = $1", person.employee
    )


# --- making an invite ---


async def test_a_manager_picks_one_of_his_people(phones, company, chris):
    await company.leader("Ann Fox", telegram_id="107")
    await company.leader("Old Man", status="inactive")
    heard = await phones.says(ADA, "/invite")
    assert heard.text.startswith("Whom do you want to invite?\n⚪ not linked\n")
    assert list(heard.buttons) == ["⚪ Chris Jordan"]
    assert heard.buttons["⚪ Chris Jordan"] == button(chris.employee)


async def test_a_part_of_the_name_finds_him(phones, company, chris):
    await company.leader("Ann Fox")
    heard = await phones.says(ADA, "/invite  CHRÍS  jor")
    assert list(heard.buttons) == ["⚪ Chris Jordan"]
    nobody = await phones.says(ADA, "/invite zoe <b>")
    assert nobody.text == ("Among your people nobody is called “zoe <b>”. /invite shows them all.")


async def test_more_people_are_on_the_next_page(phones, company, chris):
    for number in range(8):
        await company.leader(f"Leader {number}")
    first = await phones.says(ADA, "/invite")
    assert "⚪ Leader 7" not in first.buttons
    second = await phones.taps(ADA, first.buttons["›"])
    assert list(second.buttons) == ["⚪ Leader 7", "‹", "2/2"]
    assert len(second.edits) == 1


async def test_the_invitation_is_a_message_of_its_own_to_forward(phones, chris):
    heard = await phones.taps(ADA, button(chris.employee))
    above, invitation = (plain(message.text) for message in heard.sent)
    assert above == (
        "⬇️ Forward the next message to Chris Jordan\n"
        "Send it to nobody else and to no group: whoever opens it is connected."
    )
    code = code_in(invitation)
    assert re.sub(r"until .*\.", "until T.", invitation) == (
        "📩 Invitation for Chris Jordan\n"
        "Somebody invites you to the bot that tells you about your jobs.\n"
        "➡️ Open this link on your phone and press Start:\n"
        f"https://t.me/jobs_bot?start={code}\n"
        "It is for you alone and works once, until T.\n"
        "If it does not work, ask Somebody for a new one."
    )
    assert heard.answers == ["Forward the message below to Chris Jordan."]
    assert {message.chat_id for message in heard.sent} == {ADA}


async def test_somebody_who_has_an_account_gets_a_new_phone_after_a_question(
    phones, chris, connection
):
    """The invite speaks their language, which is known by then."""
    await connection.execute("UPDATE botzilla.employee SET telegram_id = '9'")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language) VALUES (9, 'es')"
    )
    named = await phones.says(ADA, "/invite chris")
    assert named.text == "Chris Jordan is connected already. For a new phone: /team Chris Jordan"
    card = await phones.says(ADA, "/team Chris Jordan")
    assert list(card.buttons)[-1] == "New phone for Chris Jordan"
    question = await phones.taps(ADA, card.buttons["New phone for Chris Jordan"])
    assert (question.sent, list(question.buttons)) == ([], ["Yes, new phone", "No"])
    heard = await phones.taps(ADA, question.buttons["Yes, new phone"])
    above, invitation = (plain(message.text) for message in heard.sent)
    assert invitation.startswith("📩 Invitación para Chris Jordan\n")
    assert above.endswith("The account that opens it takes the place of the old one.")
    await connection.execute("UPDATE botzilla.employee SET telegram_id = '10'")
    late = await phones.taps(ADA, question.buttons["Yes, new phone"])
    assert late.answers == ["This button is out of date. Send the command again."]
    assert (
        "does not work anymore"
        in (await phones.says(CHRIS, f"/start {code_in(invitation + chr(10))}")).text
    )


async def test_a_second_tap_has_the_same_answer_and_makes_no_second_invite(
    phones, chris, connection
):
    code = await invited(phones, chris.employee)
    again = await phones.taps(ADA, button(chris.employee))
    assert (again.sent, again.answers) == ([], ["Forward the message below to Chris Jordan."])
    await phones.says(CHRIS, f"/start {code}")
    assert await linked(connection, chris) == str(CHRIS)


async def test_an_invite_that_did_not_arrive_is_made_anew(phones, chris, connection):
    phones.session.fails.append(TelegramRetryAfter(SendMessage, "Too Many", retry_after=1))
    with pytest.raises(TelegramRetryAfter):
        await phones.taps(ADA, button(chris.employee))
    code = await invited(phones, chris.employee)
    await phones.says(CHRIS, f"/start {code}")
    assert await linked(connection, chris) == str(CHRIS)


async def test_a_later_wish_is_a_new_invite_and_says_that_the_old_one_is_over(
    phones, chris, connection
):
    old = await invited(phones, chris.employee)
    await age(connection, timedelta(minutes=2))
    heard = await phones.taps(ADA, button(chris.employee))
    assert "The invitation from before does not work anymore." in heard.text
    assert code_in(heard.sent[-1].text) != old


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("inactive", "Chris Jordan is not active in BotZilla. Make them active there first."),
        ("rejected", "Chris Jordan is not active in BotZilla. Make them active there first."),
        ("pending", "Chris Jordan waits for approval. Approve them first, then invite."),
    ],
)
async def test_leavers_and_who_is_not_approved_are_not_invited(
    phones, chris, connection, status, answer
):
    await connection.execute("UPDATE botzilla.employee SET status = $1", status)
    heard = await phones.taps(ADA, button(chris.employee))
    assert (heard.sent, heard.answers) == ([], [answer])
    assert await connection.fetchval("SELECT count(*) FROM botzilla.telegram_invite") == 0


@pytest.mark.parametrize("table", ["crew_member", "sales_person"])
async def test_who_is_no_employee_is_invited_as_what_they_are(
    phones, company, chris, orange, connection, table
):
    """As on the day of a migration, on which nobody is joined to an employee."""
    lou = await getattr(company, table)("Lou Reed", branch=orange)
    listed = await phones.says(ADA, "/invite")
    heard = await phones.taps(ADA, listed.buttons["⚪ Lou Reed"])
    again = await phones.taps(ADA, listed.buttons["⚪ Lou Reed"])
    assert (again.sent, again.answers) == ([], ["Forward the message below to Lou Reed."])
    started = await phones.says(CHRIS, f"/start {code_in(heard.sent[-1].text)}")
    assert started.text.startswith("🟢 You are connected.\nHi Lou Reed!")
    assert await connection.fetchval("SELECT count(*) FROM botzilla.employee") == 1
    found = await connection.fetchval(
        f"SELECT telegram_id FROM botzilla.{table} WHERE id = $1", lou
    )
    assert found == str(CHRIS)


async def test_only_an_operator_invites_a_manager_who_then_manages(
    phones, company, chris, orange, connection
):
    row = await company.manager(branch=orange, email="dana@example.com")
    data = InviteButton(source="user", id=row).pack()
    assert "dana@example.com" not in str((await phones.says(ADA, "/invite")).buttons)
    (answer,) = (await phones.taps(ADA, data)).answers
    assert answer.startswith("dana@example.com is a user of BotZilla. An operator can invite them")
    assert "⚪ dana@example.com" in (await phones.says(OPERATOR, "/invite dana")).buttons
    code = code_in((await phones.taps(OPERATOR, data)).sent[-1].text)
    assert "/team" in (await phones.says(ANOTHER, f"/start {code}")).text
    assert await connection.fetchval(
        'SELECT telegram_id FROM botzilla."user" WHERE id = $1', row
    ) == str(ANOTHER)


async def test_people_of_another_branch_are_not_his(phones, chris, connection):
    assert "Chris Jordan" not in (await phones.says(BOB, "/invite")).text
    assert (await phones.says(BOB, "/invite chris")).buttons == {}
    for employee in (chris.employee, 999):
        heard = await phones.taps(BOB, button(employee))
        assert (heard.sent, heard.answers) == ([], [NOT_YOURS])
    assert await connection.fetchval("SELECT count(*) FROM botzilla.telegram_invite") == 0


async def test_the_leader_of_a_job_in_ones_branch_is_seen_and_invited_where_they_work(
    phones, company, chris, jobs, connection
):
    irvine = await connection.fetchval("SELECT id FROM botzilla.branch WHERE name = 'Irvine'")
    await jobs.mirrored(70, "Chris Jordan")
    await jobs.add(7, leader=70, branch=irvine)
    assert (await phones.taps(BOB, button(chris.employee))).answers == [
        "Only an operator or a manager of all of their branches can do that."
    ]
    assert (await phones.says(BOB, "/team chris")).text.startswith("Chris Jordan\n")
    assert await invited(phones, chris.employee, ADA)


async def test_an_operator_invites_anybody(phones, chris, connection):
    code = await invited(phones, chris.employee, OPERATOR)
    await phones.says(CHRIS, f"/start {code}")
    assert await linked(connection, chris) == str(CHRIS)
    row = await connection.fetchrow("SELECT invited_by FROM botzilla.telegram_invite")
    assert row["invited_by"] == f"telegram:{OPERATOR}"


async def test_crew_and_strangers_invite_nobody(phones, company, chris, connection):
    await company.leader("Ann Fox", telegram_id="107")
    for who in (107, 55):
        for data in (button(chris.employee), InvitesButton().pack()):
            assert not (await phones.taps(who, data)).sent
        assert not (await phones.says(who, "/invite")).buttons
    assert await connection.fetchval("SELECT count(*) FROM botzilla.telegram_invite") == 0


# --- opening the link ---


async def test_a_good_code_links_greets_and_renews_the_menu(phones, chris, connection):
    code = await invited(phones, chris.employee)
    heard = await phones.says(CHRIS, f"/start {code}", language="es")
    assert heard.text.startswith("🟢 Ya quedaste conectado.\n¡Hola, Chris Jordan!\n")
    assert "/myjobs — Tus trabajos" in heard.text
    assert [c.command for c in heard.menus[-1].commands][-1] == "status"
    assert (heard.menus[-1].scope.chat_id, len(heard.sent)) == (CHRIS, 1)
    assert await linked(connection, chris) == str(CHRIS)


async def test_what_waited_for_him_goes_out_by_itself(phones, chris, jobs, connection):
    await jobs.mirrored(70, "Chris Jordan")
    job = await jobs.add(7, leader=70)
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, reason) VALUES ('job_assigned', $1, 'crew_leader', 70, 'k', 'undeliverable',"
        " 'no_telegram')",
        job,
    )
    await phones.says(CHRIS, f"/start {await invited(phones, chris.employee)}")
    row = await connection.fetchrow(
        "SELECT state, telegram_id FROM botzilla.alert WHERE event_key = 'k'"
    )
    assert tuple(row) == ("pending", str(CHRIS))


async def test_the_same_update_twice_links_once_and_says_so_twice(phones, chris, connection):
    code = await invited(phones, chris.employee)
    for start in ("🟢 You are connected.\nHi Chris", "🟢 You are connected already.\nHi Chris"):
        assert (await phones.says(CHRIS, f"/start {code}")).text.startswith(start)
    assert await outcomes(connection) == [(CHRIS, "linked"), (CHRIS, "already_yours")]
    told = "SELECT kind, telegram_id FROM botzilla.alert"
    assert [tuple(row) for row in await connection.fetch(told)] == [
        (AlertKind.LINK_MOVED, str(OPERATOR)),
        (AlertKind.INVITE_ACCEPTED, str(ADA)),
    ]


async def test_the_link_sent_as_a_text_is_as_good_as_a_tap(phones, chris, connection):
    code = await invited(phones, chris.employee)
    forwarded = f"📩 Invitation\nhttps://t.me/jobs_bot?start={code}\nIt is for you"
    assert (await phones.says(CHRIS, forwarded)).text.startswith("🟢 You are connected.")
    assert await linked(connection, chris) == str(CHRIS)


async def test_a_used_code_is_refused_to_a_second_account(phones, chris, connection):
    code = await invited(phones, chris.employee)
    await phones.says(CHRIS, f"/start {code}")
    heard = await phones.says(ANOTHER, f"/start {code}")
    assert heard.text == (
        "This invitation was used already: it works once.\n"
        "➡️ Ask your operation manager for a new one,"
        " and open it on the phone that you use for work."
    )
    assert await outcomes(connection) == [(CHRIS, "linked"), (ANOTHER, "used")]
    assert await linked(connection, chris) == str(CHRIS)


async def test_a_refusal_names_who_invited(phones, company, chris, connection):
    await company.employee("Ada Cole", telegram_id=str(ADA), role="corporate")
    code = await invited(phones, chris.employee)
    await age(connection, timedelta(hours=25))
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "This invitation is too old: it works for 24 hours.\n➡️ Ask Ada Cole for a new one."
    )


async def test_a_voided_code_is_refused(phones, chris, connection):
    code = await invited(phones, chris.employee)
    await age(connection, timedelta(minutes=2))
    await invited(phones, chris.employee)
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "This invitation does not work anymore: there is a newer one, or a group has seen it.\n"
        "➡️ Open the newest that you got, or ask your operation manager for a new one."
    )


@pytest.mark.parametrize("code", ["CODE", "x" * 32, "-" * 64, "a b", "<b>"])
async def test_a_guessed_code_is_refused(phones, chris, connection, code):
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "I do not know this invitation.\n➡️ Open the link in the message that you got once more."
        " If it stays so, ask your operation manager."
    )
    assert await outcomes(connection) == [(CHRIS, "unknown")]


async def test_who_is_linked_already_stays_so(phones, company, chris, connection):
    await company.leader("Ann Fox", telegram_id=str(ANOTHER))
    heard = await phones.says(ANOTHER, "/start guess")
    assert "You stay linked as Ann Fox." in heard.text
    code = await invited(phones, chris.employee)
    assert (await phones.says(ANOTHER, f"/start {code}")).text == (
        "This invitation is for Chris Jordan.\n"
        "You are Ann Fox here, and stay so.\n"
        "➡️ Forward it to Chris Jordan: it works only on their phone.\n"
        "➡️ If you are Chris Jordan yourself, ask your operation manager to unlink this account"
        " first."
    )
    assert await outcomes(connection) == [(ANOTHER, "unknown"), (ANOTHER, "taken")]


async def test_who_comes_back_is_let_in_by_the_invite_for_his_new_row(
    phones, company, chris, connection
):
    gone = await company.leader("Chris Jordan", telegram_id=str(CHRIS), status="inactive")
    code = await invited(phones, chris.employee)
    heard = await phones.says(CHRIS, f"/start {code}")
    assert heard.text.startswith("🟢 You are connected.\nHi Chris Jordan!")
    assert (await linked(connection, gone), await linked(connection, chris)) == (None, str(CHRIS))
    rows = await connection.fetch(
        "SELECT outcome, employee_id FROM botzilla.telegram_link_attempt ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("linked", chris.employee)]


async def test_a_leaver_whose_account_another_holds_as_well_stays_out(
    phones, company, chris, connection
):
    await company.leader("Chris Jordan", telegram_id=str(CHRIS), status="inactive")
    await company.crew_member("Lou Reed", telegram_id=str(CHRIS))
    code = await invited(phones, chris.employee)
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "This invitation is for Chris Jordan.\n"
        "You are known here as somebody else, and stay so.\n"
        "➡️ Forward it to Chris Jordan: it works only on their phone.\n"
        "➡️ If you are Chris Jordan yourself, ask your operation manager to unlink this account"
        " first."
    )
    assert await linked(connection, chris) is None


@pytest.mark.parametrize("who", [ADA, OPERATOR])
async def test_who_tries_his_own_link_is_told_to_forward_it(phones, chris, connection, who):
    code = await invited(phones, chris.employee, who)
    heard = await phones.says(who, f"/start {code}")
    assert heard.text.startswith(
        "This invitation is for Chris Jordan.\nYou are known here as somebody else, and stay so.\n"
        "➡️ Forward it to Chris Jordan"
    )
    assert await linked(connection, chris) is None
    assert (await phones.says(CHRIS, f"/start {code}")).text.startswith("🟢 You are connected.")


async def test_the_code_of_a_leaver_is_refused(phones, chris, connection):
    code = await invited(phones, chris.employee)
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "This invitation is for somebody who is not active in BotZilla.\n"
        "➡️ Ask your operation manager."
    )
    assert await linked(connection, chris) is None


async def test_too_many_attempts_have_to_wait(phones, chris, connection):
    code = await invited(phones, chris.employee)
    for _ in range(TRIES):
        await phones.says(CHRIS, "/start guess")
    assert (await phones.says(CHRIS, f"/start {code}")).text == (
        "These were too many attempts.\n"
        "➡️ Wait for 15 minutes, then open the newest invitation that you got."
    )
    assert await linked(connection, chris) is None


# --- showing the code to a group ---

LINK = "https://t.me/jobs_bot?start={}"
SHOWN = (
    "That invitation was for one person only, so it does not work any more. "
    "Whoever sent it: make a new one with /invite and forward it to the person alone.\n"
    "I answer only in a private chat: @jobs_bot"
)


@pytest.mark.parametrize("text", ["/start {}", "/start@jobs_bot {}", LINK, "{}", f"Open {LINK} !"])
async def test_a_code_in_a_group_is_void_and_not_repeated(phones, chris, connection, text):
    code = await invited(phones, chris.employee)
    heard = await phones.says(ANOTHER, text.format(code), chat=GROUP)
    assert (heard.text, len(heard.calls)) == (SHOWN, 1)
    assert await outcomes(connection) == [(ANOTHER, "shown_in_group")]
    assert not (await phones.says(CHRIS, f"/start {code}")).text.startswith("🟢")
    assert await linked(connection, chris) is None


async def test_a_code_behind_words_or_below_a_picture_is_void_too(phones, chris, connection):
    for number, place in enumerate(("entities", "caption_entities")):
        await age(connection, timedelta(minutes=2))
        code = await invited(phones, chris.employee)
        message = phones._message(ANOTHER, "Open this", GROUP, "en")
        if place == "caption_entities":
            message["caption"] = message.pop("text")
        message[place] = [{"type": "text_link", "offset": 0, "length": 4, "url": LINK.format(code)}]
        assert (await phones.feed(message=message)).text == SHOWN
        assert len(await outcomes(connection)) == number + 1


async def test_a_guess_in_a_group_is_shown_the_way_only(phones, chris, connection):
    heard = await phones.says(ANOTHER, f"/start {'x' * 32}", chat=GROUP)
    assert heard.text == "I answer only in a private chat: @jobs_bot"
    assert (await phones.says(ANOTHER, "x" * 32, chat=GROUP)).calls == []
    assert await outcomes(connection) == []


async def test_nothing_of_a_code_is_logged_or_said_to_another(phones, chris, connection):
    with structlog.testing.capture_logs() as logs:
        code = await invited(phones, chris.employee)
        heard = [
            await phones.says(ANOTHER, f"/start {code}", chat=GROUP),
            await phones.says(ANOTHER, f"/start {code}"),
        ]
    assert logs
    assert code not in str(logs)
    assert not [call for h in heard for call in h.calls if code in str(call)]
