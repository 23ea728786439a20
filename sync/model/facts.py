"""What alerts say: a typed value per kind, which the rules write, `alert.facts` keeps as jsonb, and
the views read.

What another version of the program stored is read as far as it is understood: keys without a field
are passed over, and a field without a usable value has its default. What is nothing is not stored.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypedDict, TypeVar, cast, get_args, get_origin, get_type_hints

from sync.model.alerts import AlertKind, Reason, RecipientType


class CrewFacts(TypedDict):
    """Somebody in the crew, by their Attic Tech id."""

    id: int
    name: str


class JobFacts(TypedDict, total=False):
    """`job_sync.attic_tech_data`: what Attic Tech says of a job; null where it is silent."""

    job_id: int | None
    estimate_id: int | None
    name: str
    status: str | None
    customer: str | None
    phone: str | None
    email: str | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    branch: str | None
    branch_id: int | None
    sales_person: str | None
    crew_leader: str | None
    crew: list[CrewFacts]
    final_price: float | None
    labor_hours: float | None
    crew_notes: str | None
    updated_at: str | None


class ListedJob(JobFacts, total=False):
    """One job of several in a message: its row, and whose it was at which assignment."""

    job_sync_id: int
    leader_id: int
    leader_revision: int


@dataclass(frozen=True, slots=True)
class Unreached:
    """A leader whom no message reaches: who, why, and the rows by which a tap mends it."""

    leader_id: int | None = None
    leader: str | None = None
    reason: Reason | None = None
    employee_id: int | None = None
    crew_member_id: int | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlsoTold:
    """What a reader would have got as well, had one message per person not been enough."""

    recipient_type: RecipientType | None = None
    kind: AlertKind | None = None
    event_key: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class JobNews:
    """A change of a job, by which row of the table, beside what is shown of the job itself.

    `job` is shown once the job's own row is gone. `untold`: the leader before, whom nobody can tell
    that the job was taken from them.
    """

    row: int = 0
    old: str | None = None
    new: str | None = None
    leader: str | None = None
    leader_id: int | None = None
    former_leader: str | None = None
    gone: bool = False
    job: JobFacts | None = None
    also: tuple[AlsoTold, ...] = ()
    untold: Unreached | None = None


@dataclass(frozen=True, slots=True)
class LeaderUnreachable(JobNews):
    """Row 8. `taken_away`: what nobody can tell the leader is that the job was taken from them."""

    row: int = 8
    reason: Reason | None = None
    employee_id: int | None = None
    crew_member_id: int | None = None
    candidates: tuple[str, ...] = ()
    taken_away: bool = False

    @property
    def unreached(self) -> Unreached:
        """Whom it is about."""
        return Unreached(**{f.name: getattr(self, f.name) for f in fields(Unreached)})


@dataclass(frozen=True, slots=True)
class LeaderLeft:
    """A crew leader who left, and the active jobs that are still theirs."""

    leader_id: int = 0
    leader: str | None = None
    reason: Reason | None = None
    jobs: tuple[ListedJob, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageNotTaken(JobNews):
    """Telegram does not take a message `about` something, for whom, though it takes others."""

    about: AlertKind | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ManagerUnreachable:
    """A manager, by "user".id, whom no message reaches."""

    user_id: int = 0
    email: str | None = None
    name: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class LinkRequested:
    """Somebody asked to be linked; a program of before told it so."""


@dataclass(frozen=True, slots=True)
class LinkDecided:
    """Whoever waited for approval got it; one who did not was told so by a program of before."""

    approved: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A Telegram account, as Telegram shows it."""

    id: int
    name: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A person's link changed, `by` whom, and to which account. `change`: the record of it."""

    what: str | None = None
    change: int | None = None
    name: str | None = None
    account: Account | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class SyncBlind:
    """Attic Tech cannot be read; `sentence`: why, where that is known."""

    since: datetime | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class SyncRecovered:
    """Attic Tech is read again."""

    since: datetime | None = None
    length_s: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Mirrored:
    """First contact is over: so many jobs, and the first of the reader's that wait for a leader."""

    jobs: int = 0
    waiting: tuple[ListedJob, ...] = ()
    waiting_total: int = 0


@dataclass(frozen=True, slots=True)
class Adopted:
    """Old documents came into sight late."""

    collection: str | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class StateUnknown:
    """A state of none of the official names."""

    state: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentUnreadable:
    """A document, or so many, that cannot be read; `undecided`: not made sense of. `name`: of a
    branch that is none of BotZilla's.
    """

    collection: str | None = None
    id: int | str | None = None
    reason: str | None = None
    count: int | None = None
    undecided: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MassChange:
    """Too many lost at once: leaders, or documents that are gone. `edition`: how often that was
    restated; `ended`: how it ended.
    """

    what: str | None = None
    collection: str | None = None
    count: int = 0
    total: int | None = None
    ids: tuple[int, ...] = ()
    edition: int = 0
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class SourceUnreadable:
    """Attic Tech does not let us read."""

    sentence: str | None = None


#: All that an alert can say.
Facts = (
    JobNews
    | LeaderUnreachable
    | LeaderLeft
    | MessageNotTaken
    | ManagerUnreachable
    | LinkRequested
    | LinkDecided
    | LinkChanged
    | SyncBlind
    | SyncRecovered
    | Mirrored
    | Adopted
    | StateUnknown
    | DocumentUnreadable
    | MassChange
    | SourceUnreadable
)
_Value = TypeVar("_Value")


def as_stored(facts: Facts) -> dict[str, Any]:
    """The value of `alert.facts`."""
    stored: dict[str, Any] = _plain(facts)
    return stored


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        said = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: _plain(one) for name, one in said if one}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def from_stored(type: type[_Value], stored: Mapping[str, Any]) -> _Value:
    """The value of this type that `as_stored` wrote, or another version did."""
    read = (
        (name, _read_or_none(hint, stored.get(name)))
        for name, hint in _hints(cast("Any", type)).items()
    )
    return type(**{name: value for name, value in read if value is not None})


def names(type: type) -> AbstractSet[str]:
    """The names of its fields."""
    return _hints(type).keys()


@cache  # each alert is read several times on its way
def _hints(type: Any) -> Mapping[str, Any]:
    return get_type_hints(type)


def _read_or_none(hint: Any, value: Any) -> Any:
    """The value in its type; None also for what no version of ours can have meant by it."""
    try:
        return _read(hint, value)
    except (AttributeError, TypeError, ValueError):
        return None


def _read(hint: Any, value: Any) -> Any:
    """The value in its type; None where it is missing, or no word of ours."""
    if value is None:
        return None
    if isinstance(hint, UnionType):
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        read = (_read(get_args(hint)[0], one) for one in value)
        return tuple(one for one in read if one is not None)
    if is_dataclass(hint):
        return from_stored(cast("type[Any]", hint), value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next((word for word in hint if word == value), None)
    return value
