"""The pages about people: who they are, how they are linked, found and mended, with the longest
real values.
"""

from dataclasses import replace
from datetime import timedelta

from bot.commands import COMMANDS
from bot.commands.frame import menu_of
from bot.people.identity import Identity, Role, Standing
from bot.people.member import Member
from bot.people.mending import Case, Done
from bot.people.mending import Standing as Leader
from bot.people.requests import Branch, Request, facts_of
from bot.views import linking, mending, people
from bot.views.buttons import MemberButton, Show, TeamButton, UnlinkButton
from bot.views.member import member_button, member_card, really_unlink
from bot.views.team import TeamPage, found_people, team_message
from sync.alerts import Reason
from tests.unit.views.job_pages import JOB, NOW

MANAGER = Identity(
    telegram_id=9_876_543_210,
    standing=Standing.KNOWN,
    roles=frozenset(Role),
    name="José Alejandro Villaseñor Castañeda",
    employee_id=12,
    crew_member_ids=(3, 4),
    sales_person_ids=(5,),
    user_ids=(6,),
    attic_user_ids=(70,),
)
PEOPLE = [
    Member("crew_member", 2**31 - id, JOB["crew_leader"], branches=(JOB["branch"],))
    for id in range(1, 20)
]


def _asks() -> dict:
    name = "María José <de la Cruz> " * 3
    return {**facts_of(_request(), 1, JOB["branch"], JOB["crew_leader"]), "name": name}


def _request(**more) -> Request:
    return Request(2**63 - 1, 9_876_543_210, "María", "maria_jose", "+16195550142", **more)


def _decided(yes: bool) -> Request:
    name = JOB["crew_leader"] if yes else None
    return _request(decided_at=NOW, decided_by="user:3", approved=yes, approved_as=name)


def _leader(reason: Reason | None, **more) -> Leader:
    return Leader(Case(2**31 - 1, 2**31 - 1), JOB, JOB["crew_leader"], reason, 12, **more)


def _member(id: int, **more) -> Member:
    return Member(
        **{
            "source": "employee",
            "id": id,
            "name": f"Lou Reed {id}",
            "employee_id": id,
            "roles": frozenset({Role.CREW_LEADER}),
            "rows": (("employee", id), ("crew_member", id)),
            **more,
        }
    )


LINKED = {"telegram_id": 9_876_543_210, "reason": None}
JOSE = _member(
    2**31 - 1,
    name=JOB["crew_leader"],
    roles=frozenset(Role),
    branches=(JOB["branch"], "Orange <&> Irvine"),
    attic_user_ids=(70, 71),
    invited_at=NOW,
    invited_until=NOW + timedelta(days=1),
)
TEAM = (
    JOSE,
    *(_member(id) for id in range(2, 8)),
    _member(8, reason=Reason.PENDING_APPROVAL),
    *(_member(id, **{**LINKED, "reason": Reason.BOT_BLOCKED}) for id in (9, 10)),
    *(_member(id, **LINKED) for id in range(11, 40)),
)
GROUPS = {2**31 - 1: TEAM, 2: TEAM[1:9], None: TEAM[-1:]}
NAMES = {2**31 - 1: JOB["branch"], 2: "Orange <&>"}


def _team(groups=GROUPS, **at) -> TeamPage:
    everybody = max(groups.values(), key=len, default=())
    return TeamPage(TeamButton(**at), everybody, groups, NAMES)


def _at(member: Member) -> MemberButton:
    return member_button(member, TeamButton(branch=2**31 - 1, show=Show.NOT_LINKED, page=9999))


PEOPLE_PAGES = {
    "team": lambda w: team_message(_team(), w),
    "team_one_branch": lambda w: team_message(_team({2: TEAM}), w),
    "team_branch": lambda w: team_message(_team(branch=2**31 - 1, page=1), w),
    "team_not_linked": lambda w: team_message(_team(show=Show.NOT_LINKED), w),
    "team_all_is_well": lambda w: team_message(_team({2: TEAM[-2:]}), w),
    "team_none": lambda w: team_message(_team({}), w),
    "team_found": lambda w: found_people(TEAM[:8], "lou <reed>", w, more=True),
    **{
        f"member_{reason or 'reached'}": lambda w, reason=reason: member_card(
            replace(JOSE, telegram_id=LINKED["telegram_id"], reason=reason), _at(JOSE), w
        )
        for reason in (None, Reason.AMBIGUOUS, Reason.BOT_BLOCKED, Reason.PENDING_APPROVAL)
    },
    "member_not_linked": lambda w: member_card(JOSE, _at(JOSE), w),
    "member_account": lambda w: member_card(
        replace(JOSE, source="user", employee_id=None, invited_at=None), _at(JOSE), w
    ),
    "member_unlink": lambda w: really_unlink(
        replace(JOSE, **LINKED), UnlinkButton(**_at(JOSE).model_dump()), w
    ),
    "leave": lambda w: people.really_leave(MANAGER, w),
    "left": people.has_left,
    "greeting": lambda w: people.greeting(MANAGER, menu_of(MANAGER, COMMANDS), w),
    "help": lambda w: people.help_message(MANAGER, menu_of(MANAGER, COMMANDS), w),
    "whoami": lambda w: people.who_you_are(MANAGER, ["Orange", "San Diego"], w),
    "stranger": lambda w: people.not_known(Identity(55), w),
    "stranger_who_left": lambda w: people.not_known(Identity(55, Standing.LEFT), w),
    "stranger_in_doubt": lambda w: people.not_known(Identity(55, Standing.IN_DOUBT), w),
    "pending": lambda w: people.not_known(Identity(55, Standing.WAITING), w),
    "without_role": lambda w: people.not_known(Identity(55, Standing.KNOWN), w),
    "link": lambda w: linking.share_your_number(w),
    "link_done": lambda w: linking.linked(people.not_known(Identity(55, Standing.KNOWN), w), w),
    "link_thanks": lambda w: linking.thanks(w),
    "link_refused": lambda w: linking.sentence(linking.REFUSED, w),
    "link_branches": lambda w: linking.choose_branch(
        [Branch(id, f"{JOB['branch']} {id}") for id in range(1, 101)], w
    ),
    "request": lambda w: linking.request_card(_asks(), w),
    "request_as": lambda w: linking.choose_person(_asks(), PEOPLE, w, page=1),
    "request_none": lambda w: linking.choose_person(_asks(), [], w, searched="<Lou>"),
    "request_approved": lambda w: linking.decided_card(_asks(), _decided(True), "Ada & Co", w),
    "request_refused": lambda w: linking.decided_card(_asks(), _decided(False), None, w),
    "request_own": lambda w: linking.decided_card(
        _asks(), replace(_decided(True), decided_by="chat:9876543210"), "9876543210", w
    ),
    "mend_pending": lambda w: mending.standing_message(_leader(Reason.PENDING_APPROVAL), w),
    "mend_approved": lambda w: mending.standing_message(
        _leader(Reason.NO_TELEGRAM, done=Done.APPROVED), w
    ),
    "mend_added": lambda w: mending.standing_message(_leader(None, done=Done.ADDED), w),
    "mend_chosen": lambda w: mending.standing_message(
        _leader(Reason.PENDING_APPROVAL, done=Done.CHOSEN, chosen="Ché <G>" * 40), w
    ),
    "mend_reached": lambda w: mending.standing_message(_leader(None), w),
    "mend_choose": lambda w: mending.choose_leader(
        _leader(Reason.NOT_IN_DATABASE), PEOPLE, w, page=1
    ),
    "mend_nobody": lambda w: mending.choose_leader(
        _leader(Reason.NOT_IN_DATABASE), [], w, searched="<Lou>"
    ),
}
