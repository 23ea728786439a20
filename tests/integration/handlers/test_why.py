"""`/why`: who may ask of which job, by number or estimate, page by page, in his language."""

import pytest

from bot.views.buttons import WhyButton
from bot.views.message import LIMIT, units
from sync.model.states import State
from tests.integration.handlers.conftest import GROUP, NOW, OPERATOR

MANAGER, LEADER, SELLER, FAR, STRANGER = 101, 102, 103, 105, 201
NONE = "There is no job 7 that you can see."
NOT_FOR_YOU = "That is not for your role. /help shows what you can ask me."


@pytest.fixture
async def staff(company, jobs):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, chris.employee)
    await company.manager(branch=orange, telegram_id=str(MANAGER), email="ada@example.com")
    await company.manager(branch=irvine, telegram_id=str(FAR))
    sam = await company.salesperson("Sam Lee", telegram_id=str(SELLER))
    return {"branch": orange, "seller": sam.sales_person, "leader": 70}


@pytest.fixture
def tell(connection):
    """Writes an alert about a row of `job_sync` down."""

    async def told(row: int, key: str = "1", **values) -> int:
        alert = {
            "kind": "job_assigned",
            "job_sync_id": row,
            "recipient_type": "crew_leader",
            "recipient_id": 70,
            "event_key": f"{row}:{key}",
            "state": "delivered",
            "created_at": NOW,
            "delivered_at": NOW,
            "facts": {"row": 3},
            **values,
        }
        marks = ", ".join(f"${n}" for n, _ in enumerate(alert, 1))
        return await connection.fetchval(
            f"INSERT INTO botzilla.alert ({', '.join(alert)}) VALUES ({marks}) RETURNING id",
            *alert.values(),
        )

    return told


async def test_a_manager_reads_who_was_told_of_a_job_of_his_branch(phones, jobs, staff, tell):
    row = await jobs.add(7, **staff, name="Ruiz attic", estimate=12)
    await jobs.move(row, State.REQUIRES_CREW_LEAD, State.PLANS_IN_PROGRESS)
    await tell(row)
    manager = {"recipient_type": "operation_manager", "recipient_id": 1, "facts": {"row": 1}}
    await tell(row, "2", **manager, kind="crew_lead_needed", state="unknown", reason="answer_lost")
    heard = await phones.says(MANAGER, "/why #7")
    assert heard.text == (
        "Ruiz attic · #7\n"
        "\n"
        "Nov 24, 2026, 4:00\u202fAM · Requires Crew Lead → Plans In Progress\n"
        "Rule 3: a crew leader has an active job and was not told of it: tell them.\n"
        "Rule 1: a sold estimate, or a job in “Requires Crew Lead”, needs a crew leader:"
        " tell the managers.\n"
        "✅ Chris Jordan (crew leader), “You have a new job”:"
        " delivered Nov 24, 2026, 4:00\u202fAM\n"
        "❓ ada@example.com (operation manager), “A crew leader is needed”:"
        " may have arrived: Telegram’s answer was lost. Ask ada@example.com about it."
    )
    assert (await phones.says(MANAGER, "/why e12")).text == heard.text


async def test_it_is_for_who_manages_the_job_only(phones, jobs, staff, tell):
    await tell(await jobs.add(7, **staff))
    await tell(await jobs.add(8, branch=None))
    button = WhyButton(number="7").pack()
    for who in (LEADER, SELLER):
        assert (await phones.says(who, "/why 7")).text == NOT_FOR_YOU
        tapped = await phones.taps(who, button)
        assert (tapped.edits, len(tapped.answers)) == ([], 1)
    assert "do not know you" in (await phones.says(STRANGER, "/why 7")).text
    assert (await phones.taps(STRANGER, button)).edits == []
    for who in (FAR, OPERATOR):
        assert (await phones.says(who, "/why 7")).text == NONE
        assert (await phones.taps(who, button)).answers == [NONE]
    assert "Chris Jordan" in (await phones.says(OPERATOR, "/why 8")).text
    assert (await phones.says(MANAGER, "/why 8")).text == NONE.replace("7", "8")
    in_group = await phones.says(MANAGER, "/why 7", chat=GROUP)
    assert in_group.text == "I answer only in a private chat: @jobs_bot"


async def test_a_manager_who_leads_a_job_elsewhere_does_not_read_its_story(
    phones, jobs, staff, company
):
    await company.manager(telegram_id=str(LEADER))
    await jobs.add(7, **staff)
    assert "Job Number7" in (await phones.says(LEADER, "/job 7")).text
    assert (await phones.says(LEADER, "/why 7")).text == NONE


async def test_nothing_of_the_customer_or_the_price_is_in_it(phones, jobs, staff, tell):
    row = await jobs.add(7, **staff)
    facts = {"job": {"phone": "(619) 555-0142", "customer": "Ana Ruiz"}, "leader": "Chris Jordan"}
    await tell(row, facts=facts)
    text = (await phones.says(MANAGER, "/why 7")).text
    assert "Chris Jordan" in text
    assert not any(word in text for word in ("Ana Ruiz", "555-0142", "Elm St", "12,500", "12500"))


@pytest.mark.parametrize("text", ["", "elm street", "E", "-7"])
async def test_without_a_number_it_says_how(phones, staff, text):
    assert (await phones.says(MANAGER, f"/why {text}")).text == (
        "Send the number of a job: /why 7, or /why E12 for a sold estimate."
    )


async def test_a_job_that_we_never_saw_is_none(phones, jobs, staff, connection):
    assert (await phones.says(MANAGER, "/why 7")).text == NONE
    await jobs.add(7, **staff)
    await connection.execute("UPDATE botzilla.job_sync SET known = NULL")
    assert (await phones.says(MANAGER, "/why 7")).text == NONE


async def test_a_job_that_is_gone_has_its_story_and_its_last_card(phones, jobs, staff, tell):
    await tell(await jobs.add(7, **staff, gone=True))
    heard = await phones.says(MANAGER, "/why 7")
    assert "⚫ No longer in Attic Tech · Nov 24, 2026, 4:00\u202fAM\n" in heard.text
    card = await phones.taps(MANAGER, heard.buttons["The job"])
    assert "this is how it last was" in card.text
    back = await phones.taps(MANAGER, card.buttons["Who was told?"])
    assert back.text == heard.text


async def test_only_the_card_of_who_manages_leads_to_the_story(phones, jobs, staff):
    await jobs.add(7, **staff)
    buttons = {
        who: "Who was told?" in (await phones.says(who, "/job 7")).buttons
        for who in (MANAGER, LEADER, SELLER)
    }
    assert buttons == {MANAGER: True, LEADER: False, SELLER: False}


async def test_a_long_story_begins_with_its_newest_part_and_goes_back_by_buttons(
    phones, jobs, staff, tell
):
    row = await jobs.add(7, **staff)
    for number in range(60):
        await tell(row, str(number), kind="state_changed", facts={"leader": f"N{number:02}"})
    page = await phones.says(MANAGER, "/why 7")
    read = [line for line in page.text.splitlines() if line.startswith("✅")]
    assert "Newer ›" not in page.buttons
    while older := page.buttons.get("‹ Older"):
        page = await phones.taps(MANAGER, older)
        assert units(page.edits[0].text) <= LIMIT
        assert page.text.startswith("Job Number7 · #7\n")
        read = [line for line in page.text.splitlines() if line.startswith("✅")] + read
    assert len(read) == 60
    assert [line.count("Chris Jordan") for line in read] == [1] * 60
    newer = await phones.taps(MANAGER, page.buttons["Newer ›"])
    assert newer.edits


async def test_a_page_that_is_no_more_shows_the_oldest(phones, jobs, staff, tell):
    await tell(await jobs.add(7, **staff))
    asked = await phones.says(MANAGER, "/why 7")
    assert (await phones.taps(MANAGER, WhyButton(number="7", page=9999).pack())).text == asked.text


async def test_it_speaks_his_language(phones, jobs, staff, tell):
    await tell(await jobs.add(7, **staff))
    await phones.says(MANAGER, "/start", language="es-MX")
    text = (await phones.says(MANAGER, "/why 7")).text
    assert "✅ Chris Jordan (jefe de cuadrilla), “Tienes un trabajo nuevo”: entregado el" in text
