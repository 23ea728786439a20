"""Nobody becomes somebody else by one tap, one forwarded message or one phone number; and every
change of a link is told to others than who made it, who undo it with one tap for a day.
"""

import re

import pytest

from tests.integration.handlers.conftest import NOW, OPERATOR, user

ADA, ANN, BEN, CHRIS, NEWCOMER, SECOND_PHONE = 101, 103, 104, 102, 55, 555
PHONE, WRITTEN = "16195550142", "(619) 555-0142"
ASK_FOR_AN_INVITE = "I can't connect you by this number. Ask your operations manager for an invite."


@pytest.fixture
async def orange(company) -> int:
    """Ada's and Ann's branch."""
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.manager(branch=orange, telegram_id=str(ANN))
    return orange


@pytest.fixture
async def irvine(company) -> int:
    return await company.branch("Irvine")


async def told(connection) -> list[tuple]:
    """Who hears of changes of links: as what, at which Telegram id, what."""
    rows = await connection.fetch(
        "SELECT recipient_type, telegram_id, facts ->> 'what' AS what FROM botzilla.alert"
        " WHERE kind = 'link_moved' ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def telegram_ids(connection, table: str = "employee") -> list[str | None]:
    rows = await connection.fetch(f'SELECT telegram_id FROM botzilla."{table}" ORDER BY id')
    return [row["telegram_id"] for row in rows]


async def code_of(phones, who: int, data: str) -> str:
    """The code of the invite that a tap makes."""
    heard = await phones.taps(who, data)
    (code,) = re.findall(r"\?start=([\w-]{32})", heard.sent[-1].text)
    return code


# --- by a tap of a manager ---


async def test_a_manager_unlinks_no_manager_of_a_branch_that_is_not_theirs(
    phones, company, connection, orange, irvine
):
    """Irvine would have fallen to them with it."""
    ben = await company.employee("Ben Moe", telegram_id=str(BEN), branch_id=orange)
    await company.manager(branch=irvine, telegram_id=str(BEN))
    heard = await phones.taps(ADA, f"unlink:e{ben}:0::0:{BEN}")
    assert heard.answers == ["Only an operator or a manager of all of their branches can do that."]
    assert await telegram_ids(connection) == [str(BEN)]
    assert await telegram_ids(connection, "user") == [str(ADA), str(ANN), str(BEN)]


async def test_a_colleague_invited_onto_a_second_phone_manages_nothing_and_hears_of_it(
    phones, company, connection, orange
):
    ben = await company.employee("Ben Moe", telegram_id=str(BEN), branch_id=orange)
    await company.manager(branch=orange, telegram_id=str(BEN))
    question = await phones.taps(ADA, f"invite:employee:{ben}")
    assert question.text.startswith("Ben Moe is connected already.")
    code = await code_of(phones, ADA, question.buttons["Yes, new phone"])
    assert "You are connected" in (await phones.says(SECOND_PHONE, f"/start {code}")).text
    assert await telegram_ids(connection, "user") == [str(ADA), str(ANN), None]
    assert "Manager" not in (await phones.says(SECOND_PHONE, "/whoami")).text
    assert "That is not for your role" in (await phones.says(SECOND_PHONE, "/team")).text
    assert await told(connection) == [
        ("chat", str(BEN), "replaced"),
        ("operation_manager", str(ANN), "replaced"),
    ]


async def test_after_an_unlinking_the_next_link_is_told_as_well(
    phones, company, connection, orange
):
    ben = await company.leader("Ben Moe", telegram_id=str(BEN), branch=orange)
    await phones.taps(ADA, f"unlink:e{ben.employee}:0::0:{BEN}")
    code = await code_of(phones, ADA, f"invite:employee:{ben.employee}")
    await phones.says(SECOND_PHONE, f"/start {code}")
    assert await told(connection) == [
        ("chat", str(BEN), "unlinked"),
        ("operation_manager", str(ANN), "unlinked"),
        ("operation_manager", str(ANN), "linked"),
    ]


async def test_a_pending_row_that_contradicts_the_leader_has_no_button_to_approve_it(
    phones, company, connection, orange, jobs
):
    """Somebody registered with the leader's e-mail, under another name, phone and account."""
    await jobs.mirrored(70, "Chris Jordan", email="chris@example.com", phone=WRITTEN)
    row = await company.employee(
        "Mallory Doe",
        email="chris@example.com",
        phone_number="+16195550199",
        telegram_id="666",
        status="pending",
        branch_id=orange,
    )
    await jobs.add(7, leader=70, branch=orange)
    card = await phones.taps(ADA, "mend:7:70:a:0")
    assert card.text == (
        "Mallory Doe\n"
        "⏳ Mallory Doe still waits for approval in BotZilla.\n"
        "Roles: crew leader\n"
        "Branches: Orange\n"
        "Phone: +1-619-555-0199\n"
        "Telegram number: 666\n"
        f"In BotZilla: employee {row}, Attic Tech user 70\n"
        "Crew leader in Attic Tech: Chris Jordan (found by: e-mail)\n"
        "🔴 Does not fit Attic Tech: name, phone\n"
        "➡️ Ask them. If it is them, correct name, phone in BotZilla; if not, reject the"
        " registration there."
    )
    assert "Approve" not in card.buttons
    await phones.taps(ADA, f"admit:e{row}:0::0")
    assert await connection.fetchval("SELECT status FROM botzilla.employee") == "pending"


async def test_a_pending_row_is_approved_on_a_card_that_shows_who_it_is(
    phones, company, connection, orange, jobs
):
    await jobs.mirrored(70, "Chris Jordan", email="chris@example.com", phone=WRITTEN)
    await company.leader(
        "Chris Jordan",
        email="chris@example.com",
        phone_number="6195550142",
        telegram_id=str(CHRIS),
        status="pending",
        branch=orange,
    )
    await jobs.add(7, leader=70, branch=orange)
    card = await phones.taps(ADA, "mend:7:70:a:0")
    assert "\nPhone: +1-619-555-0142\nTelegram number: 102\n" in card.text
    assert card.text.endswith("Crew leader in Attic Tech: Chris Jordan (found by: e-mail)")
    assert card.edits == []
    assert await connection.fetchval("SELECT status FROM botzilla.employee") == "pending"
    await phones.taps(ADA, card.buttons["Approve"])
    assert await connection.fetchval("SELECT status FROM botzilla.employee") == "active"


async def test_who_matches_nothing_asks_nobody_and_buttons_of_old_cards_are_dead(
    phones, company, connection, orange
):
    """ "Approve as ..." offered a linked person first, and gave a stranger their account."""
    chris = await company.leader("Chris Jordan", telegram_id=str(CHRIS), branch=orange)
    heard = await phones.answers(NEWCOMER, PHONE)
    assert (heard.text, heard.buttons) == (ASK_FOR_AN_INVITE, {})
    await connection.execute(
        "INSERT INTO botzilla.telegram_link_request (telegram_id, name, branch_id, asked_at)"
        " VALUES ($1, 'Lou', $2, now())",
        *(NEWCOMER, orange),
    )
    for data in ("ask:1:a:0", f"as:1:employee:{chris.employee}", "ask:1:r:0"):
        assert (await phones.taps(ADA, data)).answers == [
            "This button is out of date. Send the command again."
        ]
    assert await telegram_ids(connection) == [str(CHRIS)]
    assert await connection.fetchval("SELECT count(*) FROM botzilla.alert") == 0


# --- by a phone number ---


@pytest.mark.parametrize(
    "how",
    [
        {"forward_origin": {"type": "user", "date": int(NOW.timestamp()), "sender_user": user(55)}},
        {"via_bot": {"id": 9, "is_bot": True, "first_name": "Other"}},
    ],
    ids=["forwarded", "via a bot"],
)
async def test_a_contact_that_was_not_shared_with_the_button_links_nobody(
    phones, company, connection, orange, how
):
    """An old contact of one's own still bears one's own user id, and a number of before."""
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    heard = await phones.answers(NEWCOMER, PHONE, **how)
    assert heard.text == "Send /link and share your own number with the button."
    assert await telegram_ids(connection) == [None]


async def test_a_contact_that_answers_no_question_links_nobody(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    no_answer = "Send /link and share your own number with the button."
    assert (await phones.shares(NEWCOMER, PHONE)).text == no_answer
    await phones.says(NEWCOMER, "/link")
    await connection.execute(
        "UPDATE botzilla.telegram_chat SET phone_asked_at = now() - interval '11 minutes'"
    )
    assert (await phones.shares(NEWCOMER, PHONE)).text == no_answer
    assert await telegram_ids(connection) == [None]
    assert "You are connected" in (await phones.answers(NEWCOMER, PHONE)).text
    await connection.execute("UPDATE botzilla.employee SET telegram_id = NULL")
    assert (await phones.shares(NEWCOMER, PHONE)).text == no_answer  # each question is for one


async def test_a_recycled_number_takes_over_nobody(phones, company, connection, orange):
    ben = await company.employee(
        "Ben Moe", telegram_id=str(BEN), branch_id=orange, phone_number=WRITTEN
    )
    await company.manager(branch=orange, telegram_id=str(BEN), phone=WRITTEN)
    assert (await phones.answers(NEWCOMER, PHONE)).text == ASK_FOR_AN_INVITE
    assert await telegram_ids(connection) == [str(BEN)]
    await connection.execute("UPDATE botzilla.employee SET telegram_id = NULL")
    assert "You are connected" in (await phones.answers(NEWCOMER, PHONE)).text
    assert await telegram_ids(connection, "user") == [str(ADA), str(ANN), str(BEN)]
    assert ben


async def test_after_an_unlinking_by_somebody_else_the_number_opens_nothing_until_an_invite(
    phones, company, connection, orange
):
    chris = await company.leader(
        "Chris Jordan", telegram_id=str(CHRIS), branch=orange, phone_number=WRITTEN
    )
    await phones.taps(ADA, f"unlink:e{chris.employee}:0::0:{CHRIS}")
    for who in (CHRIS, NEWCOMER):
        assert (await phones.answers(who, PHONE)).text == ASK_FOR_AN_INVITE
    code = await code_of(phones, ADA, f"invite:employee:{chris.employee}")
    assert "You are connected" in (await phones.says(CHRIS, f"/start {code}")).text
    await phones.taps(CHRIS, "leave:sure")
    assert "You are connected" in (await phones.answers(CHRIS, PHONE)).text


# --- what is told, and undone ---


async def test_who_opens_an_invite_reads_that_before_the_job_that_waited(
    phones, company, connection, orange, jobs
):
    chris = await company.leader("Chris Jordan", branch=orange)
    await jobs.mirrored(70, "Chris Jordan")
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, reason) VALUES ('job_assigned', $1, 'crew_leader', 70, 'k', 'undeliverable',"
        " 'no_telegram')",
        await jobs.add(7, leader=70, branch=orange),
    )
    code = await code_of(phones, ADA, f"invite:employee:{chris.employee}")
    waiting: list[str] = []
    send = phones.session.make_request

    async def watched(bot, method, timeout=None):
        if "connected" in (getattr(method, "text", "") or ""):
            waiting.append(
                await connection.fetchval("SELECT state FROM botzilla.alert WHERE event_key = 'k'")
            )
        return await send(bot, method, timeout)

    phones.session.make_request = watched
    await phones.says(CHRIS, f"/start {code}")
    assert waiting == ["undeliverable"]
    row = await connection.fetchrow(
        "SELECT state, telegram_id FROM botzilla.alert WHERE event_key = 'k'"
    )
    assert tuple(row) == ("pending", str(CHRIS))


async def test_who_invited_is_told_which_account_opened_it_and_undoes_it_with_one_tap(
    phones, company, connection, orange
):
    """An invite that was shown in a group stays valid: in privacy mode the bot cannot see it."""
    chris = await company.leader("Chris Jordan", branch=orange)
    code = await code_of(phones, ADA, f"invite:employee:{chris.employee}")
    sender = {**user(NEWCOMER), "first_name": "Mallory", "last_name": "Doe", "username": "mal"}
    await phones.says(NEWCOMER, f"/start {code}", **{"from": sender})
    row = await connection.fetchrow(
        "SELECT telegram_id, facts FROM botzilla.alert WHERE kind = 'invite_accepted'"
    )
    assert row["telegram_id"] == str(ADA)
    assert row["facts"]["account"] == {"id": NEWCOMER, "name": "Mallory Doe", "username": "mal"}
    card = await connection.fetchval(
        "WITH job AS (INSERT INTO botzilla.job_sync (attic_tech_job_id) VALUES (1) RETURNING id)"
        " INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, chat_id, message_id) SELECT 'job_assigned', id, 'crew_leader', 70, 'k',"
        " 'delivered', $1, 5 FROM job RETURNING id",
        NEWCOMER,
    )
    heard = await phones.taps(ADA, f"undo:{row['facts']['change']}")
    assert heard.answers == ["Undone."]
    assert await telegram_ids(connection) == [None]
    struck = "SELECT edit_at IS NOT NULL FROM botzilla.alert WHERE id = $1"
    assert await connection.fetchval(struck, card)
    assert "do not know you" in (await phones.says(NEWCOMER, "/myjobs")).text
    assert await told(connection) == [
        ("operation_manager", str(ANN), "linked"),
        ("chat", str(NEWCOMER), "undone"),
        ("operation_manager", str(ANN), "undone"),
    ]
    again = await phones.taps(ANN, f"undo:{row['facts']['change']}")
    assert again.answers == ["That was undone already."]


async def test_without_a_manager_of_the_branch_the_operators_hear_of_it(
    phones, company, connection, irvine
):
    await company.leader("Chris Jordan", branch=irvine, phone_number=WRITTEN)
    await phones.answers(CHRIS, PHONE)
    assert await told(connection) == [("operator", str(OPERATOR), "linked")]
    change = await connection.fetchval("SELECT facts ->> 'change' FROM botzilla.alert")
    assert (await phones.taps(CHRIS, f"undo:{change}")).answers != ["Undone."]
    assert (await phones.taps(OPERATOR, f"undo:{change}")).answers == ["Undone."]
    assert await telegram_ids(connection) == [None]


async def test_a_replacement_is_undone_to_the_account_of_before_manager_and_all(
    phones, company, connection, orange
):
    ben = await company.employee("Ben Moe", telegram_id=f" {BEN}", branch_id=orange)
    await company.manager(branch=orange, telegram_id=str(BEN))
    question = await phones.taps(ADA, f"invite:employee:{ben}")
    code = await code_of(phones, ADA, question.buttons["Yes, new phone"])
    await phones.says(SECOND_PHONE, f"/start {code}")
    change = await connection.fetchval(
        "SELECT max(facts ->> 'change') FROM botzilla.alert WHERE kind = 'link_moved'"
    )
    assert (await phones.taps(ANN, f"undo:{change}")).answers == ["Undone."]
    assert (await told(connection))[-3:] == [
        ("chat", str(SECOND_PHONE), "undone"),
        ("operation_manager", str(ADA), "undone"),
        ("chat", str(BEN), "restored"),
    ]
    assert await telegram_ids(connection) == [f" {BEN}"]
    assert await telegram_ids(connection, "user") == [str(ADA), str(ANN), str(BEN)]
    assert "do not know you" in (await phones.says(SECOND_PHONE, "/myjobs")).text


async def test_what_an_operator_ended_is_not_put_back_behind_their_back(
    phones, company, connection, orange
):
    chris = await company.leader("Chris Jordan", telegram_id=str(CHRIS), branch=orange)
    await phones.taps(OPERATOR, f"unlink:e{chris.employee}:0::0:{CHRIS}")
    change = await connection.fetchval("SELECT max(facts ->> 'change') FROM botzilla.alert")
    assert (await phones.taps(ANN, f"undo:{change}")).answers == ["Undone."]
    assert (await told(connection))[-3:] == [
        ("operation_manager", str(ADA), "undone"),
        ("operator", str(OPERATOR), "undone"),
        ("chat", str(CHRIS), "restored"),
    ]


async def test_a_change_is_undone_for_a_day_and_only_while_nothing_else_changed(
    phones, company, connection, orange
):
    chris = await company.leader("Chris Jordan", telegram_id=str(CHRIS), branch=orange)
    await phones.taps(ADA, f"unlink:e{chris.employee}:0::0:{CHRIS}")
    change = await connection.fetchval("SELECT max(facts ->> 'change') FROM botzilla.alert")
    await company.leader("Dana Ruiz", telegram_id=str(CHRIS))
    since = "Their link was changed since then. /team shows how it is now."
    assert (await phones.taps(ANN, f"undo:{change}")).answers == [since]
    await connection.execute("DELETE FROM botzilla.employee WHERE first_name = 'Dana'")
    await connection.execute(
        "UPDATE botzilla.telegram_link_attempt SET attempted_at = now() - interval '25 hours'"
    )
    late = "That can be undone for 24 hours only. /team shows how it is now."
    assert (await phones.taps(ANN, f"undo:{change}")).answers == [late]
    assert await telegram_ids(connection) == [None]
