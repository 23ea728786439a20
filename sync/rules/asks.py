"""What each kind of alert asks of its reader: one table. Pure.

Of two that ask the same of the same person in the same role about the same job, the newer one is
enough.
"""

from enum import StrEnum

from sync.alerts import AlertKind


class Asks(StrEnum):
    """What an alert asks of its reader; where two ask the same, the newer says it."""

    LEAD = "lead"  # the job is theirs: make the plan, or make it anew
    LEAVE = "leave"  # the job is not theirs
    LOOK = "look"  # where it is now
    ASSIGN = "assign"  # find a leader
    REACH = "reach"  # let one leader be told
    REVIEW = "review"  # look at a plan


#: Every kind. None: no newer one says it, since it is about no job, or about one message.
ASKS: dict[AlertKind, Asks | None] = {
    AlertKind.JOB_ASSIGNED: Asks.LEAD,
    AlertKind.JOB_REASSIGNED: Asks.LEAD,
    AlertKind.PLAN_CHANGES_REQUIRED: Asks.LEAD,
    AlertKind.RETURNED_TO_PLANNING: Asks.LEAD,
    AlertKind.JOB_TAKEN_AWAY: Asks.LEAVE,
    AlertKind.STATE_CHANGED: Asks.LOOK,
    AlertKind.CREW_LEAD_NEEDED: Asks.ASSIGN,
    AlertKind.CREW_LEAD_MISSING: Asks.ASSIGN,
    AlertKind.CREW_LEADER_UNREACHABLE: Asks.REACH,
    AlertKind.PLAN_READY_FOR_REVIEW: Asks.REVIEW,
    AlertKind.MESSAGE_NOT_TAKEN: None,
    AlertKind.MANAGER_UNREACHABLE: None,
    AlertKind.LINK_REQUESTED: None,
    AlertKind.LINK_DECIDED: None,
    AlertKind.LINK_MOVED: None,
    AlertKind.INVITE_ACCEPTED: None,
    AlertKind.SYNC_BLIND: None,
    AlertKind.SYNC_RECOVERED: None,
    AlertKind.FIRST_CONTACT: None,
    AlertKind.STATE_UNKNOWN: None,
    AlertKind.DOCUMENT_UNREADABLE: None,
    AlertKind.MASS_CHANGE_HELD: None,
    AlertKind.SOURCE_UNREADABLE: None,
}
