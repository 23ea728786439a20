"""The nine official states of a job in Attic Tech, their order, and how words are compared.

Attic Tech owns the state machine; we only name it. A state outside the nine is kept as its words
and treated as an unknown state: see `Job.active` for what that means for a leader.
"""

import re
from enum import StrEnum
from functools import lru_cache
from unicodedata import normalize

_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """The form in which names of states, roles, branches and people are compared: trimmed, single
    spaces, no case; an accent is the same whether it is written into its letter or after it.
    """
    return _SPACES.sub(" ", normalize("NFC", text)).strip().casefold()


class State(StrEnum):
    """The official states, in order. Every move between any two of them has been seen."""

    REQUIRES_CREW_LEAD = "Requires Crew Lead"  # -> PLANS_IN_PROGRESS, when a leader is assigned
    PLANS_IN_PROGRESS = "Plans In Progress"  # -> PENDING_REVIEW, when his plan is ready
    PENDING_REVIEW = "Pending Review"  # -> REQUIRES_SCHEDULING, or back to PLANS_IN_PROGRESS
    REQUIRES_SCHEDULING = "Requires Scheduling"  # -> PRE_PRODUCTION
    PRE_PRODUCTION = "Pre-Production"  # -> IN_PRODUCTION
    IN_PRODUCTION = "In Production"  # -> PRODUCTION_COMPLETE
    PRODUCTION_COMPLETE = "Production Complete"  # -> PENDING_PAYMENT
    PENDING_PAYMENT = "Pending Payment"  # -> CLOSED_JOB
    CLOSED_JOB = "Closed Job"  # the end, but jobs are reopened


#: From "make the plan" to "the work is done": while a job is here, its leader must know about it.
ACTIVE = frozenset(list(State)[1:7])
#: States about which a leader is told by default even if he did nothing for them (row 10).
TOLD_BY_DEFAULT = frozenset(list(State)[3:])

#: What became of a sale (row 12).
SALE_ENDS = frozenset({State.PENDING_PAYMENT, State.CLOSED_JOB})

_BY_FOLDED_NAME = {fold(state): state for state in State}


def official(words: str | None) -> State | None:
    """The official state that `words` name, compared folded; None for an unknown state or none at
    all.
    """
    return _BY_FOLDED_NAME.get(fold(words)) if words else None


def place(words: str | None) -> int:
    """Where these words stand among the official states: 1 to 9, 10 for what is none of them."""
    state = official(words)
    return list(State).index(state) + 1 if state else len(State) + 1
