"""Alerts about the system itself in words: what is wrong, or well again, and what one can do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from bot.views import unreachable
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, code, joined, quote
from sync.model.facts import (
    Adopted,
    DocumentUnreadable,
    MassChange,
    Mirrored,
    SourceUnreadable,
    StateUnknown,
    SyncBlind,
    SyncRecovered,
)

SystemFacts = (
    SyncBlind
    | SyncRecovered
    | Mirrored
    | Adopted
    | StateUnknown
    | DocumentUnreadable
    | MassChange
    | SourceUnreadable
)
#: What Attic Tech's collections are called.
_COLLECTIONS = {
    "jobs": N_("jobs"),
    "estimates": N_("estimates"),
    "properties": N_("properties"),
    "clients": N_("customers"),
    "users": N_("users"),
    "branches": N_("branches"),
    "roles": N_("roles"),
}


def lines(said: SystemFacts, title: Html, words: Words) -> Iterator[Html]:
    """The lines of a message about the system, under the title of its kind."""
    match said:
        case SyncBlind():
            return _blind(said, title, words)
        case SyncRecovered():
            return _recovered(said, title, words)
        case Mirrored():
            return _mirrored(said, title, words)
        case Adopted():
            return _adopted(said, words)
        case StateUnknown():
            return _state_unknown(said, title, words)
        case DocumentUnreadable():
            return _document_unreadable(said, title, words)
        case MassChange():
            return _mass_change(said, words)
        case SourceUnreadable():
            return _source_unreadable(said, title, words)
        case _:
            assert_never(said)


def _blind(said: SyncBlind, title: Html, words: Words) -> Iterator[Html]:
    yield title
    yield words.say("Since: {moment}", moment=_moment(said.since, words))
    if said.sentence:
        yield quote(said.sentence)
    yield words.say("Changes made there are not noticed for now; none is lost.")
    yield words.say(
        "➡️ Open Attic Tech. If it does not work there either, wait; "
        "if it does, tell whoever looks after this bot."
    )
    yield words.say("/status tells more.")


def _recovered(said: SyncRecovered, title: Html, words: Words) -> Iterator[Html]:
    yield title
    yield words.say("Out since: {moment}", moment=_moment(said.since, words))
    length = words.length(timedelta(seconds=said.length_s))
    yield words.say("It lasted: {length}", length=length)
    yield words.say("Changes found: {n}", n=words.number(said.changes))


def _adopted(said: Adopted, words: Words) -> Iterator[Html]:
    yield bold(words.say("⚪ Old records came into sight"))
    yield _counted(said.collection, said.count, None, words)
    yield words.say("They are stored now; nobody is told about their past.")


def _mirrored(said: Mirrored, title: Html, words: Words) -> Iterator[Html]:
    yield title
    yield words.say("Jobs: {n}", n=words.number(said.jobs))
    yield words.say("From now on you are told what changes; about the past nobody is told.")
    total, waiting = said.waiting_total, said.waiting[: unreachable.NAMED]
    if not total:
        yield words.say("None that falls to you waits for a crew leader.")
        return
    yield words.plural(
        "{n} job waits for a crew leader:", "{n} jobs wait for a crew leader:", total
    )
    yield from (unreachable.listed(job, words) for job in waiting)
    if total > len(waiting):
        yield words.say("… and {n} more: /status", n=words.number(total - len(waiting)))


def _state_unknown(said: StateUnknown, title: Html, words: Words) -> Iterator[Html]:
    yield title
    yield words.say("Attic Tech calls it: {state}", state=clip(said.state or "—", 200))
    yield words.say("Its jobs are stored and shown. There is nothing to do if this is meant.")


#: A branch that is none of BotZilla's, by the reason that is stored.
_BRANCHES = {
    "branch_unmatched": N_("No branch in BotZilla is called {name}."),
    "branch_ambiguous": N_("More than one branch in BotZilla could be {name}."),
}


def _document_unreadable(said: DocumentUnreadable, title: Html, words: Words) -> Iterator[Html]:
    if said.reason in _BRANCHES:
        yield bold(words.say("🟠 A branch of Attic Tech is not recognised"))
        yield words.say(_BRANCHES[said.reason], name=clip(said.name or "—", 100))
        yield words.say("➡️ Give the branch the same name in BotZilla and in Attic Tech.")
        yield words.say("Until then the operators hear of its jobs.")
        return
    not_understood = N_("🟠 Something in Attic Tech that we do not understand")
    yield bold(words.say(not_understood)) if said.undecided else title
    collection = said.collection or "—"
    if said.count is not None:
        yield _counted(collection, said.count, None, words)
    else:
        record = joined((collection_name(collection, words), str(said.id or "")), " ")
        yield words.say("Record: {record}", record=record)
    if said.reason:
        yield quote(said.reason)
    yield words.say("➡️ Put it right in Attic Tech; it is then read by itself. All others go on.")
    if said.undecided:
        yield words.say("If it is right there, tell whoever looks after this bot.")


def _mass_change(said: MassChange, words: Words) -> Iterator[Html]:
    leaders = said.what == "leaders"
    if said.ended:
        yield from _mass_change_over(said, words)
        return
    if leaders:
        yield bold(words.say("🔴 Many jobs lose their crew leader at once"))
    else:
        yield bold(words.say("🔴 Many records are gone at once"))
    yield _counted(said.collection, said.count, said.total, words)
    yield words.say("This looks like a mistake, so nothing was changed and nobody was told.")
    if leaders:
        yield words.say("➡️ Put the roles and users right in Attic Tech. If this is meant, type:")
        yield code("jobsync sync --accept")
    else:
        yield words.say("➡️ Put it right in Attic Tech. If this is meant, type:")
        yield code("jobsync sync --full --accept")


def _mass_change_over(said: MassChange, words: Words) -> Iterator[Html]:
    if said.what == "leaders":
        yield bold(words.say("⚪ Many jobs lost their crew leader at once"))
    else:
        yield bold(words.say("⚪ Many records were gone at once"))
    yield _counted(said.collection, said.count, said.total, words)
    if said.ended == "accepted":
        yield words.say("It was accepted as meant, and those concerned are told.")
    else:
        yield words.say("It was put right in Attic Tech. There is nothing left to do.")


def _source_unreadable(said: SourceUnreadable, title: Html, words: Words) -> Iterator[Html]:
    yield title
    yield quote(said.sentence or "—")
    yield words.say("Until this is put right, nobody is told of changes; none is lost.")


def _counted(collection: str | None, count: int, total: int | None, words: Words) -> Html:
    """`jobs: 120 of 2,500`."""
    what, so_many = collection_name(collection or "jobs", words), words.number(count)
    if not total:
        return words.say("{what}: {count}", what=what, count=so_many)
    of = words.number(total)
    return words.say("{what}: {count} of {total}", what=what, count=so_many, total=of)


def collection_name(name: str, words: Words) -> str:
    """What a collection of Attic Tech is called."""
    return words.label(_COLLECTIONS[name]) if name in _COLLECTIONS else name


def _moment(at: datetime | None, words: Words) -> str:
    return words.moment(at) if at else "—"
