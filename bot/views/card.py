"""The card of one job: facts, notes, its way through the states, and where to go from here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views import facts
from bot.views.buttons import JobButton, JobsButton, WhyButton, button, keyboard
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, joined
from sync.model.facts import JobFacts


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of state that the job has been through."""

    at: datetime
    previous: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """All that its reader may see of one job: `since` is when its state began, `gone_at` when it
    was no longer in Attic Tech; `managed`: they manage it.
    """

    facts: JobFacts
    since: datetime | None
    history: Sequence[Moved] = ()
    gone_at: datetime | None = None
    managed: bool = False


def card_message(card: Card, words: Words, opened: JobButton | None = None) -> Message:
    """The card; `opened` is the button that it was opened by, whose page it leads back to."""
    lines = [
        facts.title(card.facts),
        _gone(card, words),
        _state(card, words),
        *facts.fact_lines(card.facts, words, price=True),
        *_work(card.facts, words),
        *_history(card.history, words),
    ]
    rows = facts.fact_buttons(card.facts, words, there=card.gone_at is None)
    if card.managed:
        why = WhyButton(number=facts.number(card.facts))
        rows.append([button(words.label("Who was told?"), why)])
    if opened and opened.view:
        at = opened.model_dump(include={"view", "state", "branch", "page"})
        rows.append([button(words.label("‹ Back to the list"), JobsButton(**at))])
    return Message(compose(lines), keyboard(rows))


def _gone(card: Card, words: Words) -> Html | None:
    if card.gone_at is None:
        return None
    sentence = (
        N_("⚫ Not sold any more since {moment}; this is how it last was.")
        if card.facts.get("job_id") is None
        else N_("⚫ No longer in Attic Tech since {moment}; this is how it last was.")
    )
    return words.say(sentence, moment=words.moment(card.gone_at))


def _state(card: Card, words: Words) -> Html:
    state = bold(clip(words.state(card.facts.get("status")) or "—", 100))
    if card.since is None:
        return state
    return joined((state, words.say("since {moment}", moment=words.moment(card.since))))


def _work(job: JobFacts, words: Words) -> Iterator[Html]:
    crew = ", ".join(clip(member["name"], 40) for member in (job.get("crew") or ())[:20])
    if crew:
        yield words.say("Crew: {names}", names=crew)
    yield from facts.work_lines(job, words)


def _history(moves: Sequence[Moved], words: Words) -> Iterator[Html]:
    if not moves:
        return
    yield Html(f"\n{bold(words.say('History'))}")
    for move in moves:
        states = (clip(words.state(state), 60) for state in (move.previous, move.state))
        yield joined((words.moment(move.at), joined(states, " → ")))
