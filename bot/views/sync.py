"""A run as somebody who asked for it sees it: one message, edited while it goes on."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, escape, joined

_WHAT = {
    "jobs": N_("jobs"),
    "estimates": N_("estimates"),
    "properties": N_("properties"),
    "clients": N_("customers"),
    "users": N_("users"),
    "branches": N_("branches"),
    "roles": N_("roles"),
}
_BAR = 10


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run as its row in `sync_run` says: requested, running, succeeded or failed."""

    kind: str
    state: str
    progress: dict[str, Any] = field(default_factory=dict)
    documents: int = 0
    changes: int = 0
    alerts: int = 0
    error: str | None = None
    lasted: timedelta | None = None


def run_message(run: RunSeen, words: Words) -> Message:
    """The run as it stands."""
    title = N_("Full comparison") if run.kind == "full" else N_("Sync")
    return Message(compose([bold(words.say(title)), *_lines(run, words)]))


def _lines(run: RunSeen, words: Words) -> tuple[Html | None, ...]:
    match run.state:
        case "requested":
            return (words.say("⏳ Asked for: it begins in a moment."),)
        case "running":
            return _progress(run, words)
        case "succeeded":
            return (
                joined(("✅", words.say("Done."), _lasted(run, words)), " "),
                _found(run, words),
            )
        case _:
            return (
                joined(("❌", words.say("It failed."), _lasted(run, words)), " "),
                escape(clip(run.error, 1000)) if run.error else None,
                words.say("Nothing is lost: the next run goes on from here."),
            )


def _progress(run: RunSeen, words: Words) -> tuple[Html | None, ...]:
    done, total = run.progress.get("done") or 0, run.progress.get("total")
    if run.progress.get("phase") == "deciding":
        doing = words.say("⏳ Comparing jobs…")
    elif what := _WHAT.get(run.progress.get("collection") or ""):
        doing = words.say("⏳ Reading {what}…", what=words.say(what))
    else:
        doing = words.say("⏳ Reading Attic Tech…")
    if not total:
        return (doing, Html(words.number(done)) if done else None)
    filled = min(_BAR, _BAR * done // total)
    bar = "▓" * filled + "░" * (_BAR - filled)
    return (doing, Html(f"{bar} {words.number(done)}/{words.number(total)}"))


def _lasted(run: RunSeen, words: Words) -> Html | None:
    if run.lasted is None:
        return None
    length = max(run.lasted, timedelta(seconds=1))
    return words.say("It took {length}.", length=words.length(length))


def _found(run: RunSeen, words: Words) -> Html:
    if not run.changes and not run.alerts:
        return words.say("Nothing new.")
    return joined(
        (
            words.plural("{n} change", "{n} changes", run.changes),
            words.plural("{n} alert", "{n} alerts", run.alerts),
        )
    )
