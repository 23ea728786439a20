"""What holds of every alert of a kind: one table, which all read and nobody repeats.

Nothing in a row has a default, and tests/unit/rules/test_kinds.py asks for what is missing of a
kind elsewhere: its words in bot/views, and a rule that makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from sync.model.alerts import AlertKind, RecipientType
from sync.model.facts import (
    Adopted,
    DocumentUnreadable,
    Facts,
    JobNews,
    LeaderLeft,
    LeaderUnreachable,
    LinkChanged,
    LinkDecided,
    LinkRequested,
    ManagerUnreachable,
    MassChange,
    MessageNotTaken,
    Mirrored,
    SourceUnreadable,
    StateUnknown,
    SyncBlind,
    SyncRecovered,
    from_stored,
    names,
)


class Asks(StrEnum):
    """What an alert asks of its reader; where two ask the same of them in the same role about the
    same job, the newer says it.
    """

    LEAD = "lead"  # the job is theirs: make the plan, or make it anew
    LEAVE = "leave"  # the job is not theirs
    LOOK = "look"  # where it is now
    ASSIGN = "assign"  # find a leader
    REACH = "reach"  # let one leader be told
    REVIEW = "review"  # look at a plan
    APART = "apart"  # no newer one says it: it is about no job, or about one message


class Sound(Enum):
    """Whether the phone rings."""

    RINGS = auto()
    SILENT = auto()  # it asks for nothing


class Unread(Enum):
    """What happens besides when nobody can deliver it. It goes out in any case once its reader can
    be reached, if it still holds.
    """

    REPORTED = auto()  # the managers are told whom it does not reach: row 8
    PASSED_ON = auto()  # the others who manage get it
    WAITS = auto()  # nothing: it is nobody else's business


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table; `facts` are the types of what such an alert says."""

    facts: tuple[type[Facts], ...]
    to: frozenset[RecipientType]
    asks: Asks
    sound: Sound
    unread: Unread


LEADER = frozenset({RecipientType.CREW_LEADER})
MANAGERS = frozenset({RecipientType.OPERATION_MANAGER, RecipientType.OPERATOR})
SALESPERSON = frozenset({RecipientType.SALESPERSON})
CHAT = frozenset({RecipientType.CHAT})
_RINGS, _SILENT = Sound.RINGS, Sound.SILENT
_REPORTED, _PASSED_ON, _WAITS = Unread.REPORTED, Unread.PASSED_ON, Unread.WAITS

KINDS: Mapping[AlertKind, Kind] = {
    # About a job. Which is told when: sync/rules.
    AlertKind.JOB_ASSIGNED: Kind((JobNews,), LEADER, Asks.LEAD, _RINGS, _REPORTED),
    AlertKind.JOB_REASSIGNED: Kind((JobNews,), LEADER, Asks.LEAD, _RINGS, _REPORTED),
    AlertKind.PLAN_CHANGES_REQUIRED: Kind((JobNews,), LEADER, Asks.LEAD, _RINGS, _REPORTED),
    AlertKind.RETURNED_TO_PLANNING: Kind((JobNews,), LEADER, Asks.LEAD, _RINGS, _REPORTED),
    AlertKind.JOB_TAKEN_AWAY: Kind((JobNews,), LEADER, Asks.LEAVE, _SILENT, _REPORTED),
    AlertKind.STATE_CHANGED: Kind((JobNews,), LEADER, Asks.LOOK, _SILENT, _REPORTED),
    AlertKind.CREW_LEAD_NEEDED: Kind((JobNews,), MANAGERS, Asks.ASSIGN, _RINGS, _PASSED_ON),
    AlertKind.CREW_LEAD_MISSING: Kind((JobNews,), MANAGERS, Asks.ASSIGN, _RINGS, _PASSED_ON),
    AlertKind.PLAN_READY_FOR_REVIEW: Kind((JobNews,), MANAGERS, Asks.REVIEW, _RINGS, _PASSED_ON),
    AlertKind.SALE_PROGRESSED: Kind((JobNews,), SALESPERSON, Asks.LOOK, _SILENT, _WAITS),
    # About somebody.
    AlertKind.CREW_LEADER_UNREACHABLE: Kind(
        (LeaderUnreachable, LeaderLeft), MANAGERS, Asks.REACH, _RINGS, _PASSED_ON
    ),
    AlertKind.MESSAGE_NOT_TAKEN: Kind((MessageNotTaken,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.MANAGER_UNREACHABLE: Kind(
        (ManagerUnreachable,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON
    ),
    AlertKind.LINK_REQUESTED: Kind((LinkRequested,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.LINK_DECIDED: Kind((LinkDecided,), CHAT, Asks.APART, _RINGS, _WAITS),
    AlertKind.LINK_MOVED: Kind((LinkChanged,), CHAT | MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.INVITE_ACCEPTED: Kind((LinkChanged,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    # About the system.
    AlertKind.SYNC_BLIND: Kind((SyncBlind,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.SYNC_RECOVERED: Kind((SyncRecovered,), MANAGERS, Asks.APART, _SILENT, _PASSED_ON),
    AlertKind.FIRST_CONTACT: Kind((Mirrored, Adopted), MANAGERS, Asks.APART, _SILENT, _PASSED_ON),
    AlertKind.STATE_UNKNOWN: Kind((StateUnknown,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.DOCUMENT_UNREADABLE: Kind(
        (DocumentUnreadable,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON
    ),
    AlertKind.MASS_CHANGE_HELD: Kind((MassChange,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON),
    AlertKind.SOURCE_UNREADABLE: Kind(
        (SourceUnreadable,), MANAGERS, Asks.APART, _RINGS, _PASSED_ON
    ),
}


def read_facts(kind: AlertKind, stored: Mapping[str, Any]) -> Facts:
    """What a stored alert says: the first of its kind's types, or the one with a key of its own."""
    first, *others = KINDS[kind].facts
    own = (type for type in others if stored.keys() & (names(type) - names(first)))
    return from_stored(next(own, first), stored)
