"""Who may use what, written by hand and apart from the program's own table: the two are held to
each other, and the program to both. None is whoever has no role.
"""

from bot.access import Caller
from bot.people.identity import Role

_ALL = {"start", "help", "whoami", "link"}
_CREW = _ALL | {"myjobs", "job"}
_MANAGE = _CREW | {"status", "sync", "team", "why", "invite"}

SAY: dict[Role | None, set[str]] = {
    Role.MANAGER: _MANAGE,
    Role.OPERATOR: _MANAGE,
    Role.CREW_LEADER: _CREW | {"status"},
    Role.CREW_MEMBER: _CREW,
    Role.SALESPERSON: _CREW,
    None: _ALL,
}

_EVERY_TAP = {"leave"}
_OF_JOBS = _EVERY_TAP | {"jobs", "job"}
_OF_PEOPLE = _OF_JOBS | {
    *("team", "member", "unlink", "mend", "why", "invites", "invite", "admit", "phone", "undo"),
}

TAP: dict[Role | None, set[str]] = {
    Role.MANAGER: _OF_PEOPLE,
    Role.OPERATOR: _OF_PEOPLE,
    Role.CREW_LEADER: _OF_JOBS,
    Role.CREW_MEMBER: _OF_JOBS,
    Role.SALESPERSON: _OF_JOBS,
    None: _EVERY_TAP,
}

_JOB = {
    *("job_id", "estimate_id", "name", "status", "customer", "phone", "address", "city", "state"),
    *("postal_code", "branch", "branch_id", "sales_person", "crew_leader", "crew", "labor_hours"),
    *("crew_notes", "updated_at"),
}

SEE: dict[Role, set[str]] = {
    Role.MANAGER: _JOB | {"final_price"},
    Role.OPERATOR: _JOB | {"final_price"},
    Role.SALESPERSON: _JOB | {"final_price"},
    Role.CREW_LEADER: _JOB,
    Role.CREW_MEMBER: _JOB,
}

CALL = {
    Caller.ANYBODY: {
        *("GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json"),
    },
    Caller.AUTOMATION: {
        *("GET /api/job-sync/sold-estimates", "POST /api/job-sync/sold-estimates"),
        *("GET /api/job-sync/state-changes", "POST /api/job-sync/state-changes"),
    },
    Caller.TELEGRAM: {"POST /telegram/webhook"},
    Caller.HOOK: {"POST /hooks/attic-tech"},
}
