"""Alerts about the system itself in words: what is wrong, or well again, and what one can do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.views import missing
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, code, joined, link, quote
from sync.alerts import AlertKind

Facts = dict[str, Any]
#: Jobs of the first contact's list that are named; the rest is a number.
NAMED = 20

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


def lines(kind: AlertKind, facts: Facts, words: Words) -> list[Html]:
    """The lines of a message about the system; raises KeyError for a kind that is about a job."""
    return list(_VIEWS[kind](facts, words))


def _blind(facts: Facts, words: Words) -> Iterator[Html]:
    yield bold(words.say("🔴 Attic Tech cannot be read"))
    yield words.say("Since: {moment}", moment=_moment(facts, words))
    if sentence := facts.get("sentence"):
        yield quote(str(sentence))
    yield words.say("Changes made there are not noticed for now; none is lost.")
    yield words.say(
        "➡️ Open Attic Tech. If it does not work there either, wait; "
        "if it does, tell whoever looks after this bot."
    )
    yield words.say("/status tells more.")


def _recovered(facts: Facts, words: Words) -> Iterator[Html]:
    yield bold(words.say("🟢 Attic Tech is read again"))
    yield words.say("Out since: {moment}", moment=_moment(facts, words))
    length = timedelta(seconds=float(facts.get("length_s") or 0))
    yield words.say("It lasted: {length}", length=words.length(length))
    yield words.say("Changes found: {n}", n=words.number(int(facts.get("changes") or 0)))


def _first_contact(facts: Facts, words: Words) -> Iterator[Html]:
    if facts.get("collection"):
        yield bold(words.say("⚪ Old records came into sight"))
        yield _counted(facts, words)
        yield words.say("They are stored now; nobody is told about their past.")
        return
    yield bold(words.say("🟢 Everything is mirrored"))
    yield words.say("Jobs: {n}", n=words.number(int(facts.get("jobs") or 0)))
    yield words.say("From now on you are told what changes; about the past nobody is told.")
    total = int(facts.get("waiting_total") or 0)
    if not total:
        yield words.say("None that falls to you waits for a crew leader.")
        return
    yield words.plural(
        "{n} job waits for a crew leader:", "{n} jobs wait for a crew leader:", total
    )
    waiting = list(facts.get("waiting") or ())[:NAMED]
    yield from (_waiting(job, words) for job in waiting)
    if total > len(waiting):
        yield words.say("… and {n} more: /status", n=words.number(total - len(waiting)))


def _waiting(job: Facts, words: Words) -> Html:
    name, job_id = clip(str(job.get("name") or "—"), 100), job.get("job_id")
    if job_id is None:
        return joined(("•", name, f"E{job.get('estimate_id')}"), " ")
    return joined(
        ("•", name, link(f"#{job_id}", f"{words.web_url.rstrip('/')}/jobs/{job_id}")), " "
    )


def _state_unknown(facts: Facts, words: Words) -> Iterator[Html]:
    yield bold(words.say("🟠 A state that we do not know"))
    yield words.say("Attic Tech calls it: {state}", state=clip(str(facts.get("state")), 200))
    yield words.say("Its jobs are stored and shown. There is nothing to do if this is meant.")


#: A branch that is none of BotZilla's, by the reason that is stored.
_BRANCHES = {
    "branch_unmatched": N_("No branch in BotZilla is called {name}."),
    "branch_ambiguous": N_("More than one branch in BotZilla could be {name}."),
}


def _branch(facts: Facts, words: Words) -> Iterator[Html]:
    yield bold(words.say("🟠 A branch of Attic Tech is not recognised"))
    yield words.say(_BRANCHES[facts["reason"]], name=clip(str(facts.get("name") or "—"), 100))
    yield words.say("➡️ Give the branch the same name in BotZilla and in Attic Tech.")
    yield words.say("Until then the operators hear of its jobs.")


def _document_unreadable(facts: Facts, words: Words) -> Iterator[Html]:
    if facts.get("reason") in _BRANCHES:
        yield from _branch(facts, words)
        return
    undecided = facts.get("undecided")
    title = (
        N_("🟠 Something in Attic Tech that we do not understand")
        if undecided
        else N_("🟠 A record of Attic Tech cannot be read")
    )
    yield bold(words.say(title))
    collection = str(facts.get("collection"))
    record = joined((collection_name(collection, words), str(facts.get("id") or "")), " ")
    one = words.say("Record: {record}", record=record)
    yield _counted(facts, words) if "count" in facts else one
    if reason := facts.get("reason"):
        yield quote(str(reason))
    yield words.say("➡️ Put it right in Attic Tech; it is then read by itself. All others go on.")
    if undecided:
        yield words.say("If it is right there, tell whoever looks after this bot.")


def _mass_change_held(facts: Facts, words: Words) -> Iterator[Html]:
    leaders = facts.get("what") == "leaders"
    if ended := facts.get("ended"):
        yield from _mass_change_over(facts, words, accepted=ended == "accepted")
        return
    if leaders:
        yield bold(words.say("🔴 Many jobs lose their crew leader at once"))
    else:
        yield bold(words.say("🔴 Many records are gone at once"))
    yield _counted(facts, words)
    yield words.say("This looks like a mistake, so nothing was changed and nobody was told.")
    if leaders:
        yield words.say("➡️ Put the roles and users right in Attic Tech. If this is meant, type:")
        yield code("jobsync sync --accept")
    else:
        yield words.say("➡️ Put it right in Attic Tech. If this is meant, type:")
        yield code("jobsync sync --full --accept")


def _mass_change_over(facts: Facts, words: Words, *, accepted: bool) -> Iterator[Html]:
    if facts.get("what") == "leaders":
        yield bold(words.say("⚪ Many jobs lost their crew leader at once"))
    else:
        yield bold(words.say("⚪ Many records were gone at once"))
    yield _counted(facts, words)
    if accepted:
        yield words.say("It was accepted as meant, and those concerned are told.")
    else:
        yield words.say("It was put right in Attic Tech. There is nothing left to do.")


def _source_unreadable(facts: Facts, words: Words) -> Iterator[Html]:
    yield bold(words.say("🔴 Attic Tech does not let us read"))
    yield quote(str(facts.get("sentence") or "—"))
    yield words.say("Until this is put right, nobody is told of changes; none is lost.")


def _counted(facts: Facts, words: Words) -> Html:
    """`jobs: 120 of 2,500`."""
    collection = collection_name(str(facts.get("collection") or "jobs"), words)
    count = words.number(int(facts.get("count") or 0))
    if not facts.get("total"):
        return words.say("{what}: {count}", what=collection, count=count)
    total = words.number(int(facts["total"]))
    return words.say("{what}: {count} of {total}", what=collection, count=count, total=total)


def collection_name(name: str, words: Words) -> str:
    """What a collection of Attic Tech is called."""
    return words.label(_COLLECTIONS[name]) if name in _COLLECTIONS else name


def _moment(facts: Facts, words: Words) -> str:
    since = facts.get("since")
    return words.moment(datetime.fromisoformat(str(since))) if since else "—"


_VIEWS = {
    AlertKind.SYNC_BLIND: _blind,
    AlertKind.SYNC_RECOVERED: _recovered,
    AlertKind.FIRST_CONTACT: _first_contact,
    AlertKind.STATE_UNKNOWN: _state_unknown,
    AlertKind.DOCUMENT_UNREADABLE: _document_unreadable,
    AlertKind.MASS_CHANGE_HELD: _mass_change_held,
    AlertKind.SOURCE_UNREADABLE: _source_unreadable,
    AlertKind.CREW_LEADER_UNREACHABLE: missing.leaver,  # without a job: he left
    AlertKind.MANAGER_UNREACHABLE: missing.manager,
}
