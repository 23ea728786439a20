"""The story of a job as values: what happened, who was told, who was not, and why.

`bot/audit/composing.py` makes it of rows, `bot/views/why.py` says it.
"""

from dataclasses import dataclass
from datetime import datetime

from sync.model.alerts import Reason
from sync.model.facts import AlsoTold, JobFacts
from sync.reconcile.audit import Record

NOTHING = Record()


@dataclass(frozen=True, slots=True)
class Told:
    """An alert: to whom, as what, by which row of the table, and what became of it.

    `role`, `kind` and `state` are words as stored: a newer program may have written others than
    RecipientType, AlertKind and AlertState have. `name` is None where nobody was found at all, or
    where they have none. `at`: when it was delivered, or is tried next if that is to come. `also`:
    what else they would have got one for, and as what. `reported_to`: who was told, by row 8, that
    they cannot be reached. `gone`: so was the job.
    """

    id: int
    name: str | None
    role: str
    recipient_id: int
    kind: str
    state: str
    reason: str | None = None
    row: int = 0
    at: datetime | None = None
    acknowledged_at: datetime | None = None
    also: tuple[AlsoTold, ...] = ()
    reported_to: tuple[str, ...] = ()
    gone: bool = False

    @property
    def rows(self) -> frozenset[int]:
        """The rows of the table that it was told by."""
        return frozenset({self.row, *(other.row for other in self.also)})


@dataclass(frozen=True, slots=True)
class Entry:
    """A change and the alerts that it led to. `changed_at`: when Attic Tech says it was.

    `at`: when we saw it. `foreign`: another system wrote it down. `compared`: found by a full
    comparison. `blind_since`: it was seen late, as no run had succeeded since then.
    `unreached`: managers who were to be told, with the reason why they could not be.
    """

    at: datetime
    record: Record = NOTHING
    changed_at: datetime | None = None
    foreign: bool = False
    compared: bool = False
    blind_since: datetime | None = None
    told: tuple[Told, ...] = ()
    unreached: tuple[tuple[str, Reason], ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """So much changed at once that it was not believed; `still`: it waits for an operator."""

    at: datetime
    what: str
    count: int
    still: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A record of Attic Tech that we cannot read (`reason`), or are not shown; `undecided`: it was
    read, and we cannot make out what it means.
    """

    collection: str
    id: int
    hidden: bool
    since: datetime
    reason: str | None = None
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, the newest last. `undecided`: there is news that waits to be decided."""

    job: JobFacts
    chapters: tuple[Entry | Held, ...] = ()
    gone_at: datetime | None = None
    undecided: bool = False
    aside: tuple[Aside, ...] = ()
    siblings: tuple[int, ...] = ()
