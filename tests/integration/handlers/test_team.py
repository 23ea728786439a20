"""`/team`: how somebody's people stand, by branch; their cards; unlinking one of them."""

import pytest

from bot.views.buttons import (
    UNMATCHED,
    AdmitButton,
    MemberButton,
    PhoneButton,
    Show,
    TeamButton,
    UnlinkButton,
)
from tests.integration.handlers.conftest import OPERATOR

ADA, CHRIS, LOU, IDA = 101, 102, 103, 109
NOT_YOURS = "This button is not for you."


@pytest.fixture
async def branches(company):
    """Orange and Santa Ana are Ada's, Irvine is Ida's."""
    made = {name: await company.branch(name) for name in ("Santa Ana", "Orange", "Irvine")}
    await company.user(
        role="operation manager",
        branches=(made["Orange"], made["Santa Ana"]),
        telegram_id=str(ADA),
        email="ada@example.com",
    )
    await company.manager(branch=made["Irvine"], telegram_id=str(IDA), email="ida@example.com")
    return made


@pytest.fixture
async def people(company, branches, connection):
    """One of each kind in Orange, a leaver, Eve in Irvine, Tom in Santa Ana, Pat in none."""
    orange = branches["Orange"]
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        f" VALUES ({LOU}, 'bot_blocked')"
    )
    return {
        "chris": await company.leader("Chris Jordan", telegram_id=str(CHRIS), branch=orange),
        "jose": await company.leader("José Vega", branch=orange),
        "lou": await company.salesperson("Lou Reed", telegram_id=str(LOU), branch=orange),
        "mo": await company.leader("Mo Diaz", branch=orange, status="pending"),
        "al": await company.leader("Al Gone", branch=orange, status="inactive"),
        "eve": await company.leader("Eve Moe", telegram_id="110", branch=branches["Irvine"]),
        "tom": await company.crew_member("Tom Fry", branch=branches["Santa Ana"], is_leader=False),
        "pat": await company.employee("Pat Doe", role="crew_member"),
    }


async def test_a_manager_of_several_branches_sees_them_counted_and_what_there_is_to_do(
    phones, people
):
    heard = await phones.says(ADA, "/team")
    assert heard.text == (
        "Your team · 7 people\n"
        "➡️ 1 crew leader is not linked: José Vega\n"
        "➡️ 1 person waits for approval: Mo Diaz\n"
        "➡️ 1 person gets no messages: Lou Reed\n\n"
        "Orange · ✅ 2 · ⚪ 1 · ⏳ 1 · 🚫 1\n"
        "Santa Ana · ✅ 1 · ⚪ 1\n"
        "No branch · ⚪ 1\n"
        "✅ linked · ⚪ not linked · ⏳ waits for approval · 🚫 not reached"
    )
    assert list(heard.buttons) == [
        *("✅ 2", "⚪ 3", "⏳ 1", "🚫 1", "Orange · 5", "Santa Ana · 2", "No branch · 1")
    ]


async def test_who_manages_one_branch_sees_its_people_at_once(phones, company, branches):
    await company.leader("Eve Moe", telegram_id="110", branch=branches["Irvine"])
    heard = await phones.says(IDA, "/team")
    assert heard.text == "Your team · 2 people\n✅ linked"
    assert list(heard.buttons) == ["✅ Eve Moe", "✅ ida@example.com"]


async def test_where_nobody_is_there_is_nobody(phones):
    assert (await phones.says(OPERATOR, "/team")).text == "Your team\nNobody is here yet."


async def test_a_branch_shows_its_people_and_the_way_back(phones, people):
    first = await phones.says(ADA, "/team")
    heard = await phones.taps(ADA, first.buttons["Orange · 5"])
    assert heard.text.startswith("Orange · 5 people\n➡️ 1 crew leader is not linked: José Vega\n")
    assert list(heard.buttons)[4:] == [
        *("⚪ José Vega", "⏳ Mo Diaz", "✅ ada@example.com", "✅ Chris Jordan", "🚫 Lou Reed"),
        "‹ All branches",
    ]
    back = await phones.taps(ADA, heard.buttons["‹ All branches"])
    assert back.text == first.text


async def test_people_are_listed_by_how_they_stand_in_a_branch_or_in_all(phones, people):
    first = await phones.says(ADA, "/team")
    everywhere = await phones.taps(ADA, first.buttons["⚪ 3"])
    assert [text for text in everywhere.buttons if text[0] == "⚪"] == [
        *("⚪ José Vega", "⚪ Pat Doe", "⚪ Tom Fry")
    ]
    orange = await phones.taps(ADA, first.buttons["Orange · 5"])
    blocked = await phones.taps(ADA, orange.buttons["🚫 1"])
    assert list(blocked.buttons) == ["All", "✅ 2", "⚪ 1", "⏳ 1", "🚫 Lou Reed", "‹ All branches"]
    again = await phones.taps(ADA, blocked.buttons["All"])
    assert again.text == orange.text


async def test_a_card_tells_who_somebody_is_and_why_nothing_reaches_him(phones, people):
    heard = await phones.says(ADA, "/team lou")
    lou = people["lou"]
    assert heard.text == (
        "Lou Reed\n"
        "🚫 Lou Reed has blocked this bot in Telegram.\n"
        "Roles: salesperson\n"
        "Branches: Orange\n"
        f"Telegram number: {LOU}\n"
        f"In BotZilla: employee {lou.employee}, sales_person {lou.sales_person}\n"
        "➡️ Let them open this bot in Telegram and unblock it (Restart bot)."
    )
    assert list(heard.buttons) == ["Disconnect", "‹ Team", "New phone for Lou Reed"]


async def test_from_a_card_one_invites(phones, people, connection):
    card = await phones.says(ADA, "/team jose")
    assert list(card.buttons) == ["📩 Invite José Vega", "‹ Team"]
    made = await phones.taps(ADA, card.buttons["📩 Invite José Vega"])
    assert made.answers == ["Forward the message below to José Vega."]
    again = await phones.says(ADA, "/team jose")
    assert "\nInvited " in again.text


async def test_who_is_no_employee_yet_is_invited_from_his_card_like_anybody(phones, people):
    card = await phones.says(ADA, "/team tom")
    assert list(card.buttons) == ["📩 Invite Tom Fry", "‹ Team"]
    made = await phones.taps(ADA, card.buttons["📩 Invite Tom Fry"])
    assert made.answers == ["Forward the message below to Tom Fry."]
    before = MemberButton(who=f"c{people['tom']}").pack()
    assert "\nInvited " in (await phones.taps(ADA, before)).text


async def test_a_user_of_botzilla_is_linked_there(phones, company, branches):
    await company.manager(branch=branches["Orange"], email="bob@example.com")
    card = await phones.says(ADA, "/team bob")
    assert card.text.splitlines()[-1] == (
        "➡️ Let them write /start to this bot: it answers with their Telegram number. In BotZilla, "
        "enter it at that user."
    )
    assert list(card.buttons) == ["‹ Team"]


async def test_from_a_card_one_approves_who_waits(phones, people, connection):
    card = await phones.says(ADA, "/team mo diaz")
    assert list(card.buttons) == ["Approve", "‹ Team"]
    done = await phones.taps(ADA, card.buttons["Approve"])
    assert "⚪ Mo Diaz has no Telegram id in BotZilla." in done.text
    assert list(done.buttons) == ["📩 Invite Mo Diaz", "‹ Team"]
    row = await connection.fetchrow(
        "SELECT status, approved_by FROM botzilla.employee WHERE id = $1", people["mo"].employee
    )
    ada = await connection.fetchval("""SELECT id FROM botzilla."user" WHERE telegram_id = '101'""")
    assert tuple(row) == ("active", ada)
    again = await phones.taps(ADA, card.buttons["Approve"])
    assert (again.answers, again.text) == (done.answers, done.text)


async def test_who_has_left_is_not_approved(phones, people, connection):
    heard = await phones.taps(ADA, AdmitButton(who=f"e{people['al'].employee}").pack())
    assert "is not an active employee" in heard.text
    found = await connection.fetchval(
        "SELECT status FROM botzilla.employee WHERE id = $1", people["al"].employee
    )
    assert found == "inactive"


async def test_from_a_card_one_comes_back_to_the_page_it_was_opened_from(phones, people, branches):
    at = TeamButton(branch=branches["Orange"], show=Show.LINKED)
    page = await phones.taps(ADA, at.pack())
    card = await phones.taps(ADA, page.buttons["✅ Chris Jordan"])
    assert (await phones.taps(ADA, card.buttons["‹ Team"])).text == page.text


async def test_people_are_found_by_words_whatever_the_accents(phones, people):
    assert (await phones.says(ADA, "/team jose  VEGA")).text.startswith("José Vega\n⚪")
    many = await phones.says(ADA, "/team o")
    assert many.text == "Which one? “o” is in:"
    assert list(many.buttons) == [
        *("⚪ José Vega", "⏳ Mo Diaz", "✅ ada@example.com", "✅ Chris Jordan", "🚫 Lou Reed"),
        *("⚪ Pat Doe", "⚪ Tom Fry"),
    ]
    nobody = await phones.says(ADA, "/team <eve>")
    assert nobody.text == "None of your people is called “<eve>”. /team shows all."


async def test_a_leaver_who_is_still_linked_is_found_and_can_be_unlinked(
    phones, company, people, branches, connection
):
    gone = await company.leader(
        "Kit Left", telegram_id="120", branch=branches["Orange"], status="inactive"
    )
    await company.leader("Kit Far", telegram_id="121", branch=branches["Irvine"], status="inactive")
    assert "Kit" not in str((await phones.says(ADA, "/team")).buttons)
    card = await phones.says(ADA, "/team kit")
    assert card.text.startswith("Kit Left\n🚫 Kit Left is not an active employee in BotZilla.")
    assert list(card.buttons) == ["Disconnect", "‹ Team"]
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    await phones.taps(ADA, question.buttons["Yes, disconnect"])
    assert (
        await connection.fetchval(
            "SELECT telegram_id FROM botzilla.employee WHERE id = $1", gone.employee
        )
        is None
    )
    assert (await phones.says(ADA, "/team kit")).text.startswith("None of your people is called")


@pytest.mark.parametrize("words", ["/team eve", "/team Al Gone"])
async def test_who_is_anothers_or_has_left_is_not_found(phones, people, words):
    assert (await phones.says(ADA, words)).text.startswith("None of your people is called")


async def test_unlinking_asks_once_and_makes_a_stranger(phones, people, connection):
    card = await phones.says(ADA, "/team chris")
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    assert question.text == (
        "Chris Jordan\n"
        "Really disconnect? Chris Jordan gets no more messages and sees no more jobs here, until"
        " invited again."
    )
    assert (await phones.says(CHRIS, "/myjobs")).text.startswith("Jobs you lead")
    done = await phones.taps(ADA, question.buttons["Yes, disconnect"])
    assert done.answers == ["Disconnected."]
    assert "⚪ Chris Jordan has no Telegram id in BotZilla." in done.text
    assert list(done.buttons) == ["📩 Invite Chris Jordan", "‹ Team"]
    assert (await phones.says(CHRIS, "/myjobs")).text.startswith("I do not know you yet.")


async def test_a_tap_that_comes_twice_has_the_same_answer(phones, people):
    card = await phones.says(ADA, "/team chris")
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    yes = question.buttons["Yes, disconnect"]
    first, second = await phones.taps(ADA, yes), await phones.taps(ADA, yes)
    assert (first.answers, first.text) == (second.answers, second.text)


async def test_the_question_can_be_answered_no(phones, people):
    card = await phones.says(ADA, "/team chris")
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    assert (await phones.taps(ADA, question.buttons["No"])).text == card.text
    assert (await phones.says(CHRIS, "/myjobs")).text.startswith("Jobs you lead")


async def test_a_yes_of_yesterday_does_not_unlink_the_phone_of_today(phones, people, connection):
    card = await phones.says(ADA, "/team chris")
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    await connection.execute(
        "UPDATE botzilla.employee SET telegram_id = '777' WHERE id = $1", people["chris"].employee
    )
    late = await phones.taps(ADA, question.buttons["Yes, disconnect"])
    assert (late.answers, "Telegram number: 777" in late.text) == ([None], True)


async def test_all_rows_that_made_him_somebody_are_unlinked(phones, company, branches, connection):
    """His own, an account's, and a stray row with his Telegram id under another name."""
    orange = branches["Orange"]
    await company.leader("Chris Jordan", telegram_id=str(CHRIS), branch=orange)
    await company.crew_member("C. J.", telegram_id=f" {CHRIS}", branch=orange)
    await company.manager(branch=orange, telegram_id=str(CHRIS))
    card = await phones.says(ADA, "/team chris")
    question = await phones.taps(ADA, card.buttons["Disconnect"])
    assert question.text.endswith(
        "An operations manager is connected again by an operator, or in BotZilla."
    )
    await phones.taps(ADA, question.buttons["Yes, disconnect"])
    assert (await phones.says(CHRIS, "/whoami")).text.startswith("I do not know you yet.")


async def test_who_works_in_another_branch_as_well_is_seen_and_not_changed(
    phones, company, branches, connection
):
    """An account of Orange with the Telegram id of somebody of Irvine: one person until then."""
    await company.manager(branch=branches["Orange"], telegram_id=str(CHRIS), email="c@example.com")
    row = await company.crew_member("C. J.", telegram_id=str(CHRIS), branch=branches["Irvine"])
    card = await phones.taps(ADA, MemberButton(who=f"c{row}").pack())
    assert list(card.buttons) == ["‹ Team"]
    only = "Only an operator or a manager of all of their branches can"
    assert card.text.endswith(f"{only} change this.")
    for tapped in (UnlinkButton(who=f"c{row}", account=CHRIS), PhoneButton(who=f"c{row}")):
        assert (await phones.taps(ADA, tapped.pack())).answers == [f"{only} do that."]
    assert (await phones.says(CHRIS, "/whoami")).text.startswith("C. J.")


@pytest.mark.parametrize("button", ["card", "approve", "ask", "yes"])
async def test_a_person_of_another_branch_is_out_of_reach(phones, people, connection, button):
    who = f"e{people['eve'].employee}"
    made = {
        "card": MemberButton(who=who),
        "approve": AdmitButton(who=who),
        "ask": UnlinkButton(who=who),
        "yes": UnlinkButton(who=who, account=110),
    }[button]
    heard = await phones.taps(ADA, made.pack())
    assert (heard.answers, heard.text) == ([NOT_YOURS], "")
    assert (await phones.says(110, "/whoami")).text.startswith("Eve Moe")
    assert (await phones.taps(OPERATOR, made.pack())).text.startswith("Eve Moe")


async def test_a_branch_of_another_manager_shows_nobody(phones, people, branches):
    for branch in (branches["Irvine"], 999):
        heard = await phones.taps(ADA, TeamButton(branch=branch).pack())
        assert "Eve Moe" not in heard.text
        assert list(heard.buttons) == ["‹ All branches"]
    none = await phones.taps(ADA, TeamButton(branch=UNMATCHED).pack())
    assert list(none.buttons) == ["⚪ Pat Doe", "‹ All branches"]


@pytest.mark.parametrize("who", ["e0", "x1", "e", "e99999999999", "e1 "])
async def test_a_forged_button_is_out_of_date(phones, people, who):
    heard = await phones.taps(ADA, f"member:{who}:0::0")
    assert heard.answers == ["This button is out of date. Send the command again."]


async def test_a_number_past_every_id_is_nobody(phones, people):
    heard = await phones.taps(ADA, MemberButton(who="e9999999999").pack())
    assert heard.answers == [NOT_YOURS]


async def test_an_operator_sees_everybody(phones, people):
    heard = await phones.says(OPERATOR, "/team")
    assert heard.text.startswith("Your team · 9 people\n")
    assert {"Irvine · 2", "Orange · 5", "Santa Ana · 2", "No branch · 1"} < set(heard.buttons)


async def test_who_is_approved_hears_it_once_if_he_is_linked(phones, people, connection):
    mo = people["mo"].employee
    await connection.execute("UPDATE botzilla.employee SET telegram_id = '120' WHERE id = $1", mo)
    for _ in range(2):
        await phones.taps(ADA, AdmitButton(who=f"e{mo}").pack())
    told = await connection.fetch(
        "SELECT kind, recipient_type, telegram_id, state FROM botzilla.alert"
    )
    assert [tuple(row) for row in told] == [("link_decided", "chat", "120", "pending")]
