"""What Attic Tech must hold so that anybody can be told anything; what is missing, in a sentence.

Incident 14: roles were not in the answers, so nobody was a crew leader and nobody was told. That is
an error, not silence. Pure; asked at the end of every complete reading, over the mirror.
"""

from collections.abc import Iterable, Mapping

from sync.attic_tech.errors import AtticTechRefused
from sync.states import fold

CREW_LEADER = "Crew Leader"


def crew_leader_roles(names: Mapping[int, str | None]) -> tuple[int, ...]:
    """The ids, ascending, of the roles that are named Crew Leader (compared folded)."""
    return tuple(
        sorted(id for id, name in names.items() if name and fold(name) == fold(CREW_LEADER))
    )


def what_is_missing(
    leader_roles: Iterable[int], *, holders: int, crews: int
) -> AtticTechRefused | None:
    """What somebody must put right in Attic Tech before jobs can be decided, or None.

    `holders`: users with one of `leader_roles`. `crews`: jobs whose `assignedCrew` is not empty.
    """
    if not tuple(leader_roles):
        return AtticTechRefused(
            f"No role in Attic Tech is named {CREW_LEADER}, so nobody can be told of a job: "
            f"create or rename that role, and give our account's role read access to Roles.",
            "no_crew_leader_role",
        )
    if crews and not holders:
        return AtticTechRefused(
            f"{crews} jobs in Attic Tech have a crew, but no user has the role {CREW_LEADER}: "
            f"give it to the crew leaders, and give our account's role read access to the field "
            f"Roles of Users.",
            "no_crew_leader",
        )
    return None
