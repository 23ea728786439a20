"""Who may use what: the one table of rights. Access, `/help`, the menus in Telegram, the facts that
messages show and the routes of the HTTP edge read it; nothing else decides by role.

What is new gets its line here, and that is all there is to do for its rights:

- a command: its name in `COMMANDS`. Its whole router is closed to everybody else, the handlers
  for texts, contacts and replies too; `/help` and the menus show it to those who may use it.
- a button: the prefix of its `CallbackData` class in `BUTTONS`, whichever router handles it.
- a field of `JobFacts`: its key in `FIELDS`. What has no line is shown to nobody.
- an HTTP route: method and path in `ROUTES` (GET answers HEAD as well).

Without a line for each command and button the program does not start (`insist_on_lines`), and
tests/unit/people/test_access.py says what is missing. The matrix of tests/integration/access then
asks for an example of it in its `examples.py`. *Whose* jobs and people somebody sees is narrowed
further where they are read: `bot/jobs/visible.py` for jobs.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from sync.model.alerts import RecipientType


class Role(StrEnum):
    """What somebody is to the company; one person can be several."""

    CREW_LEADER = "crew_leader"
    CREW_MEMBER = "crew_member"
    SALESPERSON = "salesperson"
    MANAGER = "operation_manager"
    OPERATOR = "operator"


class Somebody(Protocol):
    """Whoever asks, as far as rights go."""

    @property
    def roles(self) -> frozenset[Role]: ...


#: Roles; None stands for who has none: strangers, leavers, people in doubt or not yet approved.
Audience = frozenset[Role | None]

NOBODY: Audience = frozenset()
STAFF: Audience = frozenset(Role)
EVERYBODY: Audience = STAFF | {None}
MANAGE: Audience = frozenset({Role.MANAGER, Role.OPERATOR})
LEAD: Audience = MANAGE | {Role.CREW_LEADER}
#: Never the crew, leaders included.
PRICED: Audience = MANAGE | {Role.SALESPERSON}

#: By name, without the slash.
COMMANDS: Mapping[str, Audience] = {
    "start": EVERYBODY,
    "help": EVERYBODY,
    "whoami": EVERYBODY,
    "myjobs": STAFF,
    "job": STAFF,
    "status": LEAD,
    "sync": MANAGE,
    "link": EVERYBODY,
    "team": MANAGE,
    "why": MANAGE,
    "invite": MANAGE,
}

#: By the prefix of the callback data.
BUTTONS: Mapping[str, Audience] = {
    "jobs": STAFF,
    "job": STAFF,
    "team": MANAGE,
    "member": MANAGE,
    "admit": MANAGE,
    "unlink": MANAGE,
    "leave": EVERYBODY,
    "mend": MANAGE,
    "phone": MANAGE,
    "undo": MANAGE,
    "why": MANAGE,
    "invites": MANAGE,
    "invite": MANAGE,
}


class View(StrEnum):
    """As what somebody looks at jobs; the value travels in buttons."""

    BRANCHES = "b"
    LEADER = "l"
    SALES = "s"
    CREW = "c"


#: Who has each view, in the order in which the views are offered.
VIEWS: Mapping[View, Audience] = {
    View.BRANCHES: MANAGE,
    View.LEADER: frozenset({Role.CREW_LEADER}),
    View.SALES: frozenset({Role.SALESPERSON}),
    View.CREW: frozenset({Role.CREW_MEMBER}),
}

#: What is shown of a job, by its key in `JobFacts`, to those who have something to do with the job.
FIELDS: Mapping[str, Audience] = {
    "job_id": STAFF,
    "estimate_id": STAFF,
    "name": STAFF,
    "status": STAFF,
    "customer": STAFF,
    "phone": STAFF,
    "email": NOBODY,
    "address": STAFF,
    "city": STAFF,
    "state": STAFF,
    "postal_code": STAFF,
    "branch": STAFF,
    "branch_id": STAFF,
    "sales_person": STAFF,
    "crew_leader": STAFF,
    "crew": STAFF,
    "final_price": PRICED,
    "labor_hours": STAFF,
    "crew_notes": STAFF,
    "updated_at": STAFF,
}


class Caller(StrEnum):
    """Who calls over HTTP, by what they hold."""

    ANYBODY = "anybody"
    AUTOMATION = "AUTOMATION_API_KEY"
    HOOK = "HOOK_SECRET"
    TELEGRAM = "TELEGRAM_WEBHOOK_SECRET"


#: By method and path.
ROUTES: Mapping[tuple[str, str], Caller] = {
    ("GET", "/healthz"): Caller.ANYBODY,
    ("GET", "/readyz"): Caller.ANYBODY,
    ("GET", "/metrics"): Caller.ANYBODY,
    ("GET", "/openapi.json"): Caller.ANYBODY,
    ("GET", "/api/job-sync/sold-estimates"): Caller.AUTOMATION,
    ("POST", "/api/job-sync/sold-estimates"): Caller.AUTOMATION,
    ("GET", "/api/job-sync/state-changes"): Caller.AUTOMATION,
    ("POST", "/api/job-sync/state-changes"): Caller.AUTOMATION,
    ("POST", "/telegram/webhook"): Caller.TELEGRAM,
    ("POST", "/hooks/attic-tech"): Caller.HOOK,
}

#: As what an alert is read.
READERS: Mapping[str, Role | None] = {
    RecipientType.CREW_LEADER: Role.CREW_LEADER,
    RecipientType.OPERATION_MANAGER: Role.MANAGER,
    RecipientType.SALESPERSON: Role.SALESPERSON,
    RecipientType.OPERATOR: Role.OPERATOR,
    RecipientType.CHAT: None,
}


class LineMissing(Exception):
    """The table of rights in bot/access.py has no line for something that people can use."""


def may(person: Somebody, audience: Audience) -> bool:
    """Whether they are among these."""
    return bool(audience & (person.roles or {None}))


def may_say(person: Somebody, command: str) -> bool:
    """Whether they may use the command with this name."""
    return may(person, COMMANDS[command])


def may_tap(person: Somebody, data: str | None) -> bool:
    """Whether they may use the button that carries this; what is no button of ours is nobody's."""
    return may(person, BUTTONS.get((data or "").partition(":")[0], NOBODY))


def views_of(person: Somebody) -> tuple[View, ...]:
    """As what they may look at jobs, the widest first."""
    return tuple(view for view, audience in VIEWS.items() if may(person, audience))


def roles_in(roles: frozenset[Role], views: Iterable[View]) -> frozenset[Role]:
    """Those of the roles that have one of these views."""
    return frozenset(role for view in views for role in roles & VIEWS[view] if role)


def shown(facts: Mapping[str, Any], roles: Iterable[Role | None]) -> dict[str, Any]:
    """The facts of a job as far as somebody may see them who has these roles towards it."""
    readers = frozenset(roles)
    return {key: value for key, value in facts.items() if FIELDS.get(key, NOBODY) & readers}


def insist_on_lines(commands: Iterable[str], buttons: Iterable[str]) -> None:
    """Raises LineMissing unless each command and each prefix of a button has its line."""
    missing = [f"command {name!r}" for name in commands if name not in COMMANDS]
    missing += [f"button {prefix!r}" for prefix in buttons if prefix not in BUTTONS]
    if missing:
        raise LineMissing(f"bot/access.py does not say who may use: {', '.join(missing)}.")
