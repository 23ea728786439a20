"""Jobs, by real updates: whose they are, and what of them is shown to whom. The matrix of all
commands and buttons is in tests/integration/access.
"""

import pytest

from bot.access import View
from bot.handlers import COMMANDS
from bot.people.identity import Role
from bot.views.buttons import JobButton, JobsButton, Menu
from sync.model.states import State
from tests.integration.access.may import SAY

#: Telegram ids of the scene's people: those who belong here, and those who do not.
STAFF = {
    "manager": 101,
    "leader": 102,
    "seller": 103,
    "crew": 104,
    "far_manager": 105,
    "far_leader": 106,
    "far_seller": 107,
    "operator": 900,
}
OUTSIDERS = {
    "stranger": 201,
    "leaver": 202,
    "deleted": 203,
    "left_seller": 204,
    "pending": 205,
    "twin": 206,
    "office": 207,
    "blocked": 208,
}
#: Job 7 is Orange's, 8 Irvine's, 9 of a branch that nobody manages, 10 of none that we know; 90 to
#: 94 are Orange's, too, and are led by those who do not belong here.
LED_BY_OUTSIDERS = {90, 91, 92, 93, 94}
SEES = {
    "manager": {7} | LED_BY_OUTSIDERS,
    "leader": {7},
    "seller": {7},
    "crew": {7},
    "far_manager": {8},
    "far_leader": {8},
    "far_seller": {8},
    "operator": {9, 10},
}
PRICED = {"manager", "seller", "far_manager", "far_seller", "operator"}
ROLES = {
    "manager": Role.MANAGER,
    "far_manager": Role.MANAGER,
    "leader": Role.CREW_LEADER,
    "far_leader": Role.CREW_LEADER,
    "seller": Role.SALESPERSON,
    "far_seller": Role.SALESPERSON,
    "crew": Role.CREW_MEMBER,
    "operator": Role.OPERATOR,
}
VIEWS = {
    Role.MANAGER: View.BRANCHES,
    Role.OPERATOR: View.BRANCHES,
    Role.CREW_LEADER: View.LEADER,
    Role.SALESPERSON: View.SALES,
    Role.CREW_MEMBER: View.CREW,
}
SECRET = "Casa Secreta"


@pytest.fixture
async def scene(company, jobs, connection):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    orphan = await company.branch("Nowhere")
    await company.manager(branch=orange, telegram_id="101")
    await company.manager(branch=irvine, telegram_id="105")
    sellers = {}
    for branch, leader, seller, attic in ((orange, 102, 103, 70), (irvine, 106, 107, 80)):
        person = await company.leader(telegram_id=str(leader), attic_tech_user_id=attic)
        await jobs.attic_user(attic, person.employee)
        sold = await company.salesperson(telegram_id=str(seller))
        sellers[branch] = sold.sales_person
    crew = await company.employee(telegram_id="104", role="crew_member")
    await jobs.attic_user(71, crew)
    await _outsiders(company, jobs, connection, orange)
    shown = {"name": SECRET, "state": State.PLANS_IN_PROGRESS}
    at_orange = {"branch": orange, "seller": sellers[orange]}
    await jobs.add(7, leader=70, crew=(70, 71), **at_orange, **shown)
    await jobs.add(8, leader=80, branch=irvine, seller=sellers[irvine], **shown)
    await jobs.add(9, branch=orphan, **shown)
    await jobs.add(10, branch=None, **shown)


async def _outsiders(company, jobs, connection, branch: int) -> None:
    """People with a claim to Orange's jobs that does not hold (any more)."""
    gone = [
        await company.leader(telegram_id="202", status="inactive"),
        await company.leader(telegram_id="203", is_deleted=True),
        await company.leader(telegram_id="205", status="pending"),
        await company.leader(telegram_id="206"),
        await company.leader(telegram_id="208"),
    ]
    await company.manager(branch=branch, telegram_id="202")
    await company.sales_person(telegram_id="204", is_active=False)
    twin = await company.employee()
    await company.crew_member(telegram_id=" 206", employee_id=twin)
    await company.employee(telegram_id="207", role="corporate")
    for number, person in enumerate(gone, 90):
        await jobs.attic_user(number, person.employee)
        await jobs.add(number, leader=number, crew=(number,), branch=branch, name=SECRET)
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        """ VALUES ('users', 94, '{"isBlocked": true}')"""
    )


def _tells(text: str) -> bool:
    """Whether it says anything about a job."""
    return any(word in text for word in (SECRET, "Ana Ruiz", "555-0142", "Elm St", "12,500"))


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
async def test_a_command_is_obeyed_for_its_roles_only(phones, scene, command):
    for name, id in STAFF.items():
        heard = await phones.says(id, f"/{command} {SECRET}" if command == "job" else f"/{command}")
        refused = heard.text == "That is not for your role. /help shows what you can ask me."
        assert refused is (command not in SAY[ROLES[name]]), name
    for name, id in OUTSIDERS.items():
        heard = await phones.says(id, f"/{command} 7")
        learns = (
            *("I do not know you yet.", "This Telegram account belongs to", "I cannot tell who"),
            *("You are ", "Tap the button", "I do not know this invit"),
        )
        assert heard.text.startswith(learns), name
        assert not _tells(heard.text), name


async def test_help_and_menu_show_exactly_what_is_obeyed(phones, scene):
    for name, id in {**STAFF, **OUTSIDERS}.items():
        heard = await phones.says(id, "/help")
        may = SAY[ROLES.get(name)]
        # Who has no role has no menu of his own: he sees that of all other chats.
        shown = {c.command for menu in heard.menus for c in menu.commands}
        assert shown == (may if name in ROLES else set()), name
        if name in ROLES:
            lines = heard.text.splitlines()[1:]
            assert {line.split(" ")[0].removeprefix("/") for line in lines} == may, name


@pytest.mark.parametrize("number", [7, 8, 9, 10, 90, 94])
async def test_a_card_opens_for_whose_job_it_is_only(phones, scene, number):
    for name, id in {**STAFF, **OUTSIDERS}.items():
        asked = await phones.says(id, f"/job {number}")
        tapped = await phones.taps(id, JobButton(number=str(number)).pack())
        sees = number in SEES.get(name, ())
        for heard in (asked, tapped):
            assert _tells(heard.text) is sees, name
            assert ("12,500" in heard.text) is (sees and name in PRICED), name
        assert bool(tapped.edits) is sees, name
        assert len(tapped.answers) == 1, name


async def test_a_list_holds_whose_jobs_they_are_only(phones, scene):
    for name, id in STAFF.items():
        heard = await phones.says(id, "/myjobs")
        numbers = {int(text[1:]) for text in heard.buttons if text.startswith("#")}
        assert numbers == SEES[name], name


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("menu", list(Menu))
async def test_the_buttons_of_a_list_work_for_their_role_only(phones, scene, view, menu):
    for name, id in {**STAFF, **OUTSIDERS}.items():
        for state, branch in ((0, 0), (2, 0), (0, 1), (0, 2), (0, 3), (0, -1)):
            button = JobsButton(view=view, state=state, branch=branch, menu=menu)
            heard = await phones.taps(id, button.pack())
            if name not in ROLES or VIEWS[ROLES[name]] is not view:
                assert (heard.edits, heard.answers) == ([], ["This button is not for you."]), name
            else:
                numbers = {line for line in heard.text.splitlines() if line.startswith("#")}
                shown = {int(line.split(" ")[0][1:]) for line in numbers}
                assert shown <= SEES[name], name


async def test_a_search_finds_whose_jobs_they_are_only(phones, scene):
    for name, id in STAFF.items():
        heard = await phones.says(id, f"/job {SECRET}")
        found = {int(text[1:]) for text in heard.buttons if text.startswith("#")} or {
            number for number in (7, 8, 9, 10) if f"· #{number}\n" in heard.text
        }
        assert found == SEES[name], name


async def test_a_status_speaks_of_ones_own_only(phones, scene):
    for name in ("manager", "far_manager", "operator", "leader", "far_leader"):
        text = (await phones.says(STAFF[name], "/status")).text
        assert "12,500" not in text
        named = {int(word[1:]) for word in text.split() if word[:1] == "#" and word[1:].isdigit()}
        assert named <= SEES[name], name
