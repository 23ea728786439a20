"""What is written down of each change of a job, so that one can tell later what happened and why
somebody was told or was not. Pure.

It stands in `job_state_change_log.change_metadata` for changes of state, and in `job_other_change`
for all others: leader, branch, existence, and whatever was taken in without a word. `/why` reads
it. Who is told what is in `alert`, and not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sync.model.alerts import Reason, reason_of
from sync.model.job import Change
from sync.people.directory import Directory
from sync.reconcile.plan import Decision, Silence
from sync.rules import TABLE, Audience, what_happened

_Word = TypeVar("_Word", bound=StrEnum)


class Happened(StrEnum):
    """What is another than before; one change can be several."""

    SEEN = "seen"  # for the first time
    SOLD_ANEW = "sold_anew"  # an estimate that was not sold meanwhile
    GOT_ITS_JOB = "got_its_job"  # the sold estimate
    GOT_ITS_ESTIMATE = "got_its_estimate"  # the job, or another one than before
    MOVED = "moved"
    LEADER = "leader"
    BRANCH = "branch"
    GONE = "gone"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Record:
    """One change as it is written down.

    `own`: Attic Tech's stamp of the job itself moved, so that it says when. `rules`: the rows of
    the table that held. `former_untold`: the job was taken from somebody who had not been told that
    it was theirs. `kept_leader`: a guard kept the leader. `unreached`: managers of the branch whom
    no message reaches, by "user".id. `seen_at` is the database's time.
    """

    happened: tuple[Happened, ...] = ()
    previous_status: str | None = None
    status: str | None = None
    previous_leader: int | None = None
    previous_leader_name: str | None = None
    leader: int | None = None
    leader_name: str | None = None
    previous_branch: str | None = None
    branch: str | None = None
    silence: Silence | None = None
    own: bool = True
    rules: tuple[int, ...] = ()
    former_untold: bool = False
    kept_leader: bool = False
    unreached: tuple[tuple[int, Reason], ...] = ()
    run: int | None = None
    seen_at: datetime | None = None

    def as_metadata(self) -> dict[str, Any]:
        """The value of `change_metadata`, to which the database adds `seen_at`."""
        return {
            "source": "jobsync",
            "run": self.run,
            "happened": list(self.happened),
            "previous_status": self.previous_status,
            "new_status": self.status,
            "previous_leader": self.previous_leader,
            "previous_leader_name": self.previous_leader_name,
            "leader": self.leader,
            "leader_name": self.leader_name,
            "previous_branch": self.previous_branch,
            "branch": self.branch,
            "silence": self.silence,
            "own": self.own,
            "rules": list(self.rules),
            "former_untold": self.former_untold,
            "kept_leader": self.kept_leader,
            "unreached": [list(one) for one in self.unreached],
        }


def record_of(decision: Decision, directory: Directory, run: int) -> Record:
    """What is written down of a change; nothing `happened` where only facts differ."""
    change, row, facts = decision.change, decision.row, decision.facts
    before, after = change.before, decision.job
    data = (row.data if row else None) or {}
    return Record(
        happened=_happened(change, data.get("branch"), facts.get("branch")),
        previous_status=before.status if before else None,
        status=after.status,
        previous_leader=before.leader if before else None,
        previous_leader_name=before.leader_name if before else None,
        leader=after.leader,
        leader_name=after.leader_name,
        previous_branch=data.get("branch") if before else None,
        branch=facts.get("branch"),
        silence=decision.silently,
        own=data.get("updated_at") != facts.get("updated_at"),
        rules=tuple(dict.fromkeys(happening.row for happening in what_happened(change))),
        former_untold=_former_untold(change),
        kept_leader=decision.held,
        unreached=() if decision.silently else _unreached(after.branch_id, directory),
        run=run,
    )


def known(words: type[_Word], word: object) -> _Word | None:
    """The word among these; None for one of another version of the program."""
    return next((each for each in words if each == word), None)


def from_metadata(metadata: Mapping[str, Any]) -> Record:
    """The record that `as_metadata` wrote; keys that an older program did not write are missing."""
    seen_at = metadata.get("seen_at")
    return Record(
        happened=tuple(
            what for word in metadata.get("happened") or () if (what := known(Happened, word))
        ),
        previous_status=metadata.get("previous_status"),
        status=metadata.get("new_status"),
        previous_leader=metadata.get("previous_leader"),
        previous_leader_name=metadata.get("previous_leader_name"),
        leader=metadata.get("leader"),
        leader_name=metadata.get("leader_name"),
        previous_branch=metadata.get("previous_branch"),
        branch=metadata.get("branch"),
        silence=known(Silence, metadata.get("silence")),
        own=metadata.get("own", True),
        rules=tuple(metadata.get("rules") or ()),
        former_untold=bool(metadata.get("former_untold")),
        kept_leader=bool(metadata.get("kept_leader")),
        unreached=_pairs(metadata.get("unreached") or ()),
        run=metadata.get("run"),
        seen_at=datetime.fromisoformat(seen_at) if seen_at else None,
    )


def _pairs(stored: Sequence[Sequence[Any]]) -> tuple[tuple[int, Reason], ...]:
    found = ((int(user_id), reason_of(word)) for user_id, word in stored)
    return tuple((user_id, reason) for user_id, reason in found if reason)


def _happened(
    change: Change, previous_branch: str | None, branch: str | None
) -> tuple[Happened, ...]:
    before, after = change.before, change.after
    if before is None:
        known = change.past.job is not None
        return (Happened.SOLD_ANEW if known else Happened.SEEN,)
    found = {
        Happened.RETURNED: change.returned,
        Happened.GOT_ITS_JOB: change.got_its_job,
        Happened.GOT_ITS_ESTIMATE: before.job_id is not None
        and before.estimate_id != after.estimate_id,
        Happened.MOVED: change.moved,
        Happened.LEADER: change.replaced,
        Happened.BRANCH: before.branch_id != after.branch_id and previous_branch != branch,
        Happened.GONE: change.vanished,
    }
    return tuple(what for what, holds in found.items() if holds)


def _former_untold(change: Change) -> bool:
    before = change.before
    led = before is not None and before.leader is not None
    return (
        led
        and change.former is None
        and any(rule.holds(change) for rule in TABLE[Audience.FORMER_LEADER])
    )


def _unreached(branch_id: int | None, directory: Directory) -> tuple[tuple[int, Reason], ...]:
    return tuple(
        (recipient.id, recipient.reason)
        for recipient in directory.unreachable_managers_of(branch_id)
        if recipient.reason is not None
    )
