"""`/job`: by number, by words, and what the card shows to whom."""

from datetime import timedelta

import pytest

from bot.people.roster import words_of
from sync.model.states import State
from tests.integration.handlers.conftest import NOW

LEADER, MANAGER, SELLER, CREW, OTHER = 102, 101, 103, 104, 105


@pytest.fixture
async def staff(company, jobs):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, chris.employee)
    await company.manager(branch=orange, telegram_id=str(MANAGER))
    await company.manager(branch=irvine, telegram_id=str(OTHER))
    sam = await company.salesperson("Sam Lee", telegram_id=str(SELLER))
    lou = await company.employee("Lou Reed", telegram_id=str(CREW), role="crew_member")
    await jobs.attic_user(71, lou)
    return {"branch": orange, "seller": sam.sales_person, "leader": 70, "crew": (70, 71)}


async def test_the_card_shows_facts_notes_and_history(phones, jobs, staff):
    row = await jobs.add(
        7,
        **staff,
        estimate=12,
        name="Ruiz attic",
        crew_leader="Chris Jordan",
        sales_person="Sam Lee",
        crew_notes="Dog in the yard\n<beware>",
    )
    await jobs.move(row, None, State.REQUIRES_CREW_LEAD, NOW - timedelta(days=3))
    await jobs.move(row, State.REQUIRES_CREW_LEAD, State.PLANS_IN_PROGRESS, NOW - timedelta(days=2))
    heard = await phones.says(LEADER, "/job 7")
    assert heard.text == (
        "Ruiz attic · #7\n"
        "Plans In Progress · since Nov 22, 2026, 4:00\u202fAM\n"
        "Customer: Ana Ruiz\n"
        "📞 +1-619-555-0142\n"
        "📍 12 Elm St, San Diego, CA 92101\n"
        "Salesperson: Sam Lee\n"
        "Crew leader: Chris Jordan\n"
        "Labor hours: 16\n"
        "Dog in the yard\n<beware>\n"
        "\nHistory\n"
        "Nov 21, 2026, 4:00\u202fAM · Requires Crew Lead\n"
        "Nov 22, 2026, 4:00\u202fAM · Requires Crew Lead → Plans In Progress"
    )
    (sent,) = heard.sent
    assert [[button.text for button in row] for row in sent.reply_markup.inline_keyboard] == [
        ["Open in Attic Tech"],
        ["Directions", "Copy phone"],
    ]


async def test_the_price_is_for_who_sells_or_manages(phones, jobs, staff):
    await jobs.add(7, **staff)
    seen = {who for who in (LEADER, MANAGER, SELLER, CREW) if "$" in await card(phones, who)}
    assert seen == {MANAGER, SELLER}


async def test_a_salesperson_sees_no_price_of_a_job_where_he_is_crew(phones, jobs, staff, company):
    await jobs.add(7, leader=70, crew=(71,))
    await company.sales_person("Lou Reed", telegram_id=str(CREW))
    assert "$" not in await card(phones, CREW)


async def card(phones, who: int) -> str:
    text = (await phones.says(who, "/job 7")).text
    assert "12 Elm St" in text, text
    return text


async def test_a_job_of_somebody_else_is_no_job(phones, jobs, staff):
    await jobs.add(7, **staff | {"leader": 71, "crew": (71,)})
    unseen = {(await phones.says(who, "/job 7")).text for who in (LEADER, OTHER)}
    unseen |= {(await phones.says(who, "/job #8")).text.replace("8", "7") for who in (LEADER,)}
    assert unseen == {"There is no job 7 that you can see."}
    assert (await phones.says(LEADER, "/job ruiz")).text == (
        "No job that you can see has “ruiz” in its name or customer."
    )


@pytest.mark.parametrize("text", ["7", "#7", "# 7", "007", "E12", "e12", "E 12"])
async def test_a_job_is_called_by_its_number_or_its_estimates(phones, jobs, staff, text):
    await jobs.add(7, **staff, estimate=12)
    assert (await phones.says(LEADER, f"/job {text}")).text.startswith("Job Number7 · #7")


async def test_a_sold_estimate_has_a_card_without_a_page(phones, jobs, staff):
    await jobs.add(None, estimate=12, branch=staff["branch"], state=State.REQUIRES_CREW_LEAD)
    heard = await phones.says(MANAGER, "/job E12")
    assert heard.text.startswith("Job Number12 · E12\nRequires Crew Lead")
    assert "Open in Attic Tech" not in str(heard.sent[0].reply_markup)


@pytest.mark.parametrize("text", ["7777777777", "E9999999999", "0"])
async def test_a_number_that_cannot_be_is_no_job(phones, jobs, staff, text):
    assert (await phones.says(LEADER, f"/job {text}")).text == (
        f"There is no job {text} that you can see."
    )


async def test_without_a_number_it_says_how(phones, staff):
    assert (await phones.says(LEADER, "/job")).text == (
        "Send a number or words of the name: /job 7, /job E12, /job Smith attic."
    )


async def test_words_lead_to_the_only_job_that_has_them_all(phones, jobs, staff):
    await jobs.add(7, leader=70, name="Ruiz Attic", customer="Ana María Ruiz")
    await jobs.add(8, leader=70, name="Ruiz Crawlspace", customer="Ana Ruiz")
    assert (await phones.says(LEADER, "/job RUIZ attic")).text.startswith("Ruiz Attic · #7")
    assert (await phones.says(LEADER, "/job maría")).text.startswith("Ruiz Attic · #7")
    assert (await phones.says(LEADER, "/job maria")).text.startswith("Ruiz Attic · #7")
    assert (await phones.says(LEADER, "/job 100% _")).text.startswith("No job that you can see")


async def test_accents_do_not_matter_neither_in_the_name_nor_as_typed(phones, jobs, staff):
    await jobs.add(7, leader=70, name="Nguye\u0302\u0303n Attic", customer="Jose Peña")
    await jobs.add(8, leader=70, name="Other", customer="Other")
    for typed in ("NGUYEN", "Nguyễn", "pena", "josé peña"):
        assert "· #7" in (await phones.says(LEADER, f"/job {typed}")).text


async def test_words_of_several_jobs_lead_to_a_choice(phones, jobs, staff):
    for number in range(1, 12):
        await jobs.add(number, leader=70, since=NOW - timedelta(days=number))
    await jobs.add(12, leader=70, state=State.CLOSED_JOB, since=NOW)
    heard = await phones.says(LEADER, "/job ruiz")
    assert heard.text.startswith("Which one? “ruiz” is in:\n#1 · Job Number1 · Ana Ruiz\n#2 ·")
    assert heard.text.endswith("There are more: add a word.")
    chosen = await phones.taps(LEADER, heard.buttons["#2"])
    assert chosen.text.startswith("Job Number2 · #2")
    assert list(chosen.buttons) == []


async def test_a_card_opened_from_a_list_leads_back(phones, jobs, staff):
    await jobs.add(7, **staff)
    listed = await phones.says(LEADER, "/myjobs")
    opened = await phones.taps(LEADER, listed.buttons["#7"])
    assert (opened.sent, opened.answers) == ([], [None])
    back = await phones.taps(LEADER, opened.buttons["‹ Back to the list"])
    assert back.text == listed.text


async def test_an_old_button_of_a_job_taken_away_shows_nothing(phones, jobs, staff, connection):
    await jobs.add(7, leader=70)
    listed = await phones.says(LEADER, "/myjobs")
    await connection.execute("UPDATE botzilla.job_sync SET attic_tech_crew_leader_id = 71")
    heard = await phones.taps(LEADER, listed.buttons["#7"])
    assert (heard.edits, heard.answers) == ([], ["There is no job 7 that you can see."])


async def test_a_job_that_is_gone_is_shown_as_it_last_was_to_who_manages_it_only(
    phones, jobs, staff
):
    await jobs.add(7, **staff, gone=True)
    heard = await phones.says(MANAGER, "/job 7")
    assert heard.text.startswith(
        "Job Number7 · #7\n"
        "⚫ No longer in Attic Tech since Nov 24, 2026, 4:00\u202fAM; this is how it last was.\n"
        "Plans In Progress · since Nov 22, 2026, 4:00\u202fAM\n"
    )
    assert "Open in Attic Tech" not in str(heard.sent[0].reply_markup)
    for who in (LEADER, SELLER, CREW, OTHER):
        assert (await phones.says(who, "/job 7")).text == "There is no job 7 that you can see."
    assert (await phones.says(MANAGER, "/job ruiz")).text.startswith("No job that you can see")


async def test_what_is_there_comes_before_what_is_gone(phones, jobs, staff):
    await jobs.add(None, estimate=12, branch=staff["branch"], gone=True, name="Not sold")
    assert "⚫ Not sold any more since" in (await phones.says(MANAGER, "/job E12")).text
    await jobs.add(7, **staff, estimate=12)
    assert (await phones.says(MANAGER, "/job E12")).text.startswith("Job Number7 · #7\nPlans")


async def test_of_many_words_eight_are_searched_for_and_each_once(phones, jobs, staff):
    """4,096 letters `a a a ...` over 2,000 jobs took 13 s."""
    await jobs.add(7, **staff, name="Ruiz attic a b c d e f g h")
    heard = await phones.says(LEADER, "/job " + "a " * 2000 + "b c d e f g h not-in-it")
    assert "Ruiz attic" in heard.text
    assert "Ruiz attic" not in (await phones.says(LEADER, "/job ruiz not-in-it")).text
    assert words_of("a " * 2000) == ["a"]
