"""`/myjobs`: whose jobs, in which order, page by page, with a manager's filters."""

import pytest

from bot.access import View
from bot.views.buttons import JobsButton, Menu
from sync.model.states import State

LEADER, MANAGER, SELLER, CREW, OPERATOR = 102, 101, 103, 104, 900


@pytest.fixture
async def staff(company, jobs):
    """Chris leads (Attic Tech's 70), Ada manages Orange, Sam sells, Lou (71) is crew."""
    orange = await company.branch("Orange")
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, chris.employee)
    await company.manager(branch=orange, telegram_id=str(MANAGER))
    sam = await company.salesperson("Sam Lee", telegram_id=str(SELLER))
    lou = await company.employee("Lou Reed", telegram_id=str(CREW), role="crew_member")
    await jobs.attic_user(71, lou)
    return {"orange": orange, "seller": sam.sales_person}


async def test_a_crew_leader_sees_his_open_jobs_by_state(phones, jobs, staff):
    await jobs.add(9, leader=70, state=State.IN_PRODUCTION, name="Fox <attic>")
    await jobs.add(7, leader=70, state=State.PLANS_IN_PROGRESS)
    await jobs.add(6, leader=70, state=State.CLOSED_JOB)
    await jobs.add(5, leader=70, gone=True)
    await jobs.add(4, leader=71)
    await jobs.add(3, leader=70, state="Uploading Shifts")
    heard = await phones.says(LEADER, "/myjobs")
    assert heard.text == (
        "Jobs you lead · 3 jobs\n"
        "\nPlans In Progress\n#7 · Job Number7 · Ana Ruiz · 12 Elm St, San Diego\n"
        "\nIn Production\n#9 · Fox <attic> · Ana Ruiz · 12 Elm St, San Diego\n"
        "\nUploading Shifts\n#3 · Job Number3 · Ana Ruiz · 12 Elm St, San Diego"
    )
    assert list(heard.buttons) == ["#7", "#9", "#3"]


async def test_a_salesperson_sees_what_he_sold_also_when_it_is_closed(phones, jobs, staff):
    await jobs.add(7, seller=staff["seller"], state=State.CLOSED_JOB)
    await jobs.add(None, estimate=12, seller=staff["seller"], state=State.REQUIRES_CREW_LEAD)
    await jobs.add(8, seller=None)
    heard = await phones.says(SELLER, "/myjobs")
    assert list(heard.buttons) == ["E12", "#7"]


async def test_a_crew_member_sees_the_jobs_whose_crew_holds_him(phones, jobs, staff):
    await jobs.add(7, leader=70, crew=(70, 71))
    await jobs.add(8, leader=70, crew=(70,))
    await jobs.add(9, leader=70, crew=(71,), state=State.CLOSED_JOB)
    assert list((await phones.says(CREW, "/myjobs")).buttons) == ["#7"]


async def test_a_manager_sees_his_branches_only(phones, jobs, staff, company):
    await jobs.add(7, branch=staff["orange"], crew_leader="Chris Jordan")
    await jobs.add(8, branch=await company.branch("Irvine"))
    await jobs.add(9, branch=None)
    heard = await phones.says(MANAGER, "/myjobs")
    assert heard.text == (
        "Jobs of your branches · 1 job\n\nPlans In Progress\n"
        "#7 · Job Number7 · Ana Ruiz · 👷 Chris Jordan"
    )


async def test_an_operator_sees_the_jobs_that_fall_to_him(phones, jobs, staff, company):
    await jobs.add(7, branch=staff["orange"])
    await jobs.add(8, branch=await company.branch("Irvine"))
    await jobs.add(9, branch=None)
    heard = await phones.says(OPERATOR, "/myjobs")
    assert {"#8", "#9"} <= set(heard.buttons)
    assert "#7" not in heard.buttons


async def test_a_row_that_attic_tech_never_showed_us_is_nobodys(phones, connection, staff):
    await connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_crew_leader_id, job_name)"
        " VALUES (7, 70, 'Ghost')"
    )
    assert (await phones.says(LEADER, "/myjobs")).text == "Jobs you lead\nYou lead no open job."


async def test_pages_are_turned_in_place(phones, jobs, staff):
    for number in range(1, 18):
        await jobs.add(number, leader=70)
    first = await phones.says(LEADER, "/myjobs")
    assert list(first.buttons)[:8] == [f"#{n}" for n in range(1, 9)]
    assert list(first.buttons)[8:] == ["1/3", "›"]
    second = await phones.taps(LEADER, first.buttons["›"])
    assert list(second.buttons) == [*(f"#{n}" for n in range(9, 17)), "‹", "2/3", "›"]
    assert (len(second.edits), second.sent, second.answers) == (1, [], [None])
    last = await phones.taps(LEADER, second.buttons["›"])
    assert list(last.buttons) == ["#17", "‹", "3/3"]


async def test_a_page_that_is_no_longer_there_is_the_last_one(phones, jobs, staff):
    await jobs.add(7, leader=70)
    old = JobsButton(view=View.LEADER, page=9).pack()
    assert list((await phones.taps(LEADER, old)).buttons) == ["#7"]


async def test_a_manager_filters_by_state_and_branch(phones, jobs, company):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.user(role="operation manager", branches=(orange, irvine), telegram_id="101")
    await jobs.add(1, branch=orange, state=State.REQUIRES_CREW_LEAD)
    await jobs.add(2, branch=irvine, state=State.REQUIRES_CREW_LEAD)
    await jobs.add(3, branch=irvine, state=State.CLOSED_JOB)
    await jobs.add(4, branch=irvine, state="On Hold")
    first = await phones.says(MANAGER, "/myjobs")
    assert list(first.buttons) == ["#1", "#2", "#4", "State ▾", "Branch ▾"]
    menu = await phones.taps(MANAGER, first.buttons["State ▾"])
    assert list(menu.buttons) == [
        *("All open jobs", "Requires Crew Lead · 2", "Closed Job · 1", "Other states · 1")
    ]
    waiting = await phones.taps(MANAGER, menu.buttons["Requires Crew Lead · 2"])
    assert waiting.text.startswith("Jobs of your branches · 2 jobs\nRequires Crew Lead\n")
    menu = await phones.taps(MANAGER, waiting.buttons["Branch ▾"])
    assert list(menu.buttons) == ["All branches", "Irvine · 1", "Orange · 1"]
    one = await phones.taps(MANAGER, menu.buttons["Irvine · 1"])
    assert one.text.startswith("Jobs of your branches · 1 job\nRequires Crew Lead · Irvine\n")
    assert "#2" in one.buttons
    closed = JobsButton(view=View.BRANCHES, state=9, branch=irvine).pack()
    assert "#3" in (await phones.taps(MANAGER, closed)).buttons
    none = JobsButton(view=View.BRANCHES, state=9, branch=orange).pack()
    assert "No job fits these filters." in (await phones.taps(MANAGER, none)).text


async def test_who_is_several_chooses_as_what_he_looks(phones, jobs, staff, company):
    await company.manager(branch=staff["orange"], telegram_id=str(LEADER))
    await jobs.add(7, leader=70)
    heard = await phones.says(LEADER, "/myjobs")
    assert heard.text == "Jobs of your branches\nThere is no open job in your branches."
    led = await phones.taps(LEADER, heard.buttons["Jobs you lead"])
    assert "#7" in led.buttons
    assert "Jobs of your branches" in led.buttons


async def test_a_view_that_is_not_his_is_refused(phones, jobs, staff):
    await jobs.add(7, branch=staff["orange"])
    heard = await phones.taps(LEADER, JobsButton(view=View.BRANCHES).pack())
    assert (heard.answers, heard.edits, heard.sent) == (["This button is not for you."], [], [])


async def test_a_filter_on_a_branch_that_is_not_his_shows_nothing(phones, jobs, staff, company):
    irvine = await company.branch("Irvine")
    await jobs.add(7, branch=irvine)
    tapped = JobsButton(view=View.BRANCHES, branch=irvine, menu=Menu.CLOSED).pack()
    assert "#7" not in (await phones.taps(MANAGER, tapped)).text
    unmatched = JobsButton(view=View.BRANCHES, branch=-1).pack()
    await jobs.add(8, branch=None)
    assert "#8" not in (await phones.taps(MANAGER, unmatched)).text


async def test_everything_is_said_in_spanish(phones, jobs, staff):
    await jobs.add(7, leader=70)
    await phones.says(LEADER, "/start", language="es")
    heard = await phones.says(LEADER, "/myjobs", language="en")
    assert heard.text.startswith("Trabajos que llevas · 1 trabajo\n\nPlan en preparación\n#7")


async def test_an_operator_filters_the_jobs_whose_branch_we_do_not_know(phones, jobs, company):
    await jobs.add(8, branch=await company.branch("Irvine"))
    await jobs.add(9, branch=None)
    menu = await phones.taps(OPERATOR, JobsButton(view=View.BRANCHES, menu=Menu.BRANCHES).pack())
    heard = await phones.taps(OPERATOR, menu.buttons["No branch · 1"])
    assert heard.text.startswith("Jobs of your branches · 1 job\nNo branch\n")
    assert "#9" in heard.buttons
    assert "#8" not in heard.buttons
