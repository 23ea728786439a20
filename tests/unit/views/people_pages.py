"""The pages about people: who they are, how they are linked, found and mended, with the longest
real values.
"""

from dataclasses import replace
from datetime import timedelta

from bot.handlers import COMMANDS
from bot.handlers.frame import menu_of
from bot.people.approval import Registration
from bot.people.identity import Identity, Role, Standing
from bot.people.member import Member
from bot.views import linking, people
from bot.views.buttons import MemberButton, Show, TeamButton, UnlinkButton
from bot.views.invites import new_phone
from bot.views.member import member_button, member_card, really_unlink
from bot.views.team import TeamPage, found_people, team_message
from sync.model.alerts import AlertKind, Reason, RecipientType
from sync.model.facts import LinkChanged
from sync.model.kinds import read_facts
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
ACCOUNT = {"id": 9_876_543_210, "name": "María José <de la Cruz> " * 9, "username": "maria_jose"}
REGISTERED = Registration("6195550142", "9876543210", JOB["crew_leader"], "email")


def _news(what: str | None, role: RecipientType = RecipientType.OPERATION_MANAGER, **more):
    kind = AlertKind.LINK_MOVED if what else AlertKind.INVITE_ACCEPTED
    facts = {"change": 2**63 - 1, "name": JOB["crew_leader"], "account": ACCOUNT, **more}
    said = {"what": what or "replaced", **facts}
    return lambda w: linking.message(kind, read_facts(kind, said), w, role)


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
WAITS = replace(JOSE, telegram_id=9_876_543_210, reason=Reason.PENDING_APPROVAL)
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
        for reason in (None, Reason.AMBIGUOUS, Reason.BOT_BLOCKED)
    },
    "member_pending_approval": lambda w: member_card(WAITS, _at(JOSE), w, REGISTERED),
    "member_contradicted": lambda w: member_card(
        WAITS,
        _at(JOSE),
        w,
        replace(REGISTERED, against=("name", "phone", "email", "telegram_id")),
        acts=False,
    ),
    "member_new_phone": lambda w: new_phone(replace(JOSE, **LINKED), w),
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
    "link_refused": lambda w: linking.sentence(linking.UNKNOWN, w),
    **{f"news_{what}": _news(what, by="Ada & Co") for what in ("linked", "replaced", "undone")},
    "news_unlinked": _news("unlinked", account={"id": 9_876_543_210}),
    "news_accepted": _news(None),
    "news_of_before": lambda w: linking.message(
        AlertKind.LINK_MOVED, LinkChanged(name="Ché"), w, RecipientType.OPERATOR
    ),
    **{
        f"former_{what}": _news(what, RecipientType.CHAT)
        for what in ("replaced", "unlinked", "undone")
    },
}
