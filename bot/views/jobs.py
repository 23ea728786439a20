"""Lists of jobs: the pages of `/myjobs` with their filters, and what `/job WORDS` found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from aiogram.types import InlineKeyboardButton

from bot.access import View
from bot.views import facts
from bot.views.buttons import ALL, JobButton, JobsButton, Menu, Row, button, in_rows, keyboard
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, joined
from sync.model.facts import JobFacts
from sync.model.states import State

#: The place of a state among the nine, as filters count them; another state is OTHERS.
OTHERS = 10
_STATES = list(State)
_TITLES = {
    View.BRANCHES: N_("Jobs of your branches"),
    View.LEADER: N_("Jobs you lead"),
    View.SALES: N_("Jobs you sold"),
    View.CREW: N_("Jobs of your crew"),
}
_NONE = {
    View.BRANCHES: N_("There is no open job in your branches."),
    View.LEADER: N_("You lead no open job."),
    View.SALES: N_("You have no sold job."),
    View.CREW: N_("Your crew has no open job."),
}
_BUTTONS_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a branch are in a state (its place among the nine, 1 to 9; 10: another)."""

    branch_id: int | None
    branch: str | None
    place: int
    jobs: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a filter: what is chosen, its name (a branch's), and how many jobs it holds."""

    value: int
    jobs: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class JobsPage:
    """A page of `/myjobs`: where we are, its jobs, and what else there is to look at."""

    at: JobsButton
    jobs: Sequence[JobFacts]
    total: int
    pages: int
    views: Sequence[View] = ()
    states: Sequence[Choice] = ()
    branches: Sequence[Choice] = ()


def jobs_page(page: JobsPage, words: Words) -> Message:
    """The page with its buttons; an open filter takes the place of the other buttons."""
    title = words.say(_TITLES[page.at.view])
    count = words.plural("{n} job", "{n} jobs", page.total)
    lines = [joined((bold(title), count)), _chosen(page, words), *_groups(page, words)]
    if not page.jobs:
        filtered = page.at.state != ALL or page.at.branch != ALL
        none = N_("No job fits these filters.") if filtered else _NONE[page.at.view]
        lines = [bold(title), _chosen(page, words), words.say(none)]
    rows = _menu(page, words) if page.at.menu else _buttons(page, words)
    return Message(compose(lines), keyboard(rows))


def found_jobs(jobs: Sequence[JobFacts], text: str, words: Words, *, more: bool) -> Message:
    """What a search found, to choose from."""
    lines = [
        words.say("Which one? “{text}” is in:", text=clip(text, 100)),
        *(_line(job, View.BRANCHES) for job in jobs),
        words.say("There are more: add a word.") if more else None,
    ]
    cards = [button(facts.hash_number(job), JobButton(number=facts.number(job))) for job in jobs]
    return Message(compose(lines), keyboard(in_rows(cards, _BUTTONS_IN_A_ROW)))


def state_name(place: int, words: Words) -> str:
    """What the state at this place among the nine is called."""
    return words.label("Other states") if place == OTHERS else words.state(_STATES[place - 1])


def _chosen(page: JobsPage, words: Words) -> Html | None:
    state = state_name(page.at.state, words) if page.at.state else None
    branch = _branch_name(page, words) if page.at.branch else None
    return joined((state, branch)) if state or branch else None


def _branch_name(page: JobsPage, words: Words) -> str:
    names = {choice.value: choice.name for choice in page.branches}
    return names.get(page.at.branch) or words.label("No branch")


def _groups(page: JobsPage, words: Words) -> Iterator[Html]:
    for status, jobs in groupby(page.jobs, lambda job: words.state(job.get("status"))):
        yield Html(f"\n{bold(status or '—')}")
        yield from (_line(job, page.at.view) for job in jobs)


def _line(job: JobFacts, view: View) -> Html:
    """One job in one line: what its reader knows it by."""
    where = facts.street(job) if view in (View.LEADER, View.CREW) else None
    leader = job.get("crew_leader") if view is View.BRANCHES else None
    more = (job.get("customer"), where, leader and f"👷 {leader}")
    parts = [clip(part, 80) for part in more if part]
    return joined((facts.hash_number(job), bold(clip(facts.name(job), 80)), *parts))


def _to(text: str, at: JobsButton, **changed: object) -> InlineKeyboardButton:
    return button(text, at.model_copy(update={"menu": Menu.CLOSED, **changed}))


def _buttons(page: JobsPage, words: Words) -> list[Row]:
    at = page.at
    back = at.model_dump(include={"view", "state", "branch", "page"})
    cards = [
        button(facts.hash_number(job), JobButton(number=facts.number(job), **back))
        for job in page.jobs
    ]
    others = [
        button(words.label(_TITLES[view]), JobsButton(view=view))
        for view in page.views
        if view is not at.view
    ]
    shown = in_rows(cards, _BUTTONS_IN_A_ROW)
    return [*shown, _turning(page), _filters(page, words), *in_rows(others, 2)]


def _turning(page: JobsPage) -> Row:
    at = page.at
    if page.pages < 2:
        return []
    before = [_to("‹", at, page=at.page - 1)] if at.page > 0 else []
    after = [_to("›", at, page=at.page + 1)] if at.page + 1 < page.pages else []
    return [*before, _to(f"{at.page + 1}/{page.pages}", at), *after]


def _filters(page: JobsPage, words: Words) -> Row:
    if page.at.view is not View.BRANCHES:
        return []
    state = _to(words.label("State ▾"), page.at, menu=Menu.STATES)
    branch = _to(words.label("Branch ▾"), page.at, menu=Menu.BRANCHES)
    return [state, branch] if len(page.branches) > 1 else [state]


def _menu(page: JobsPage, words: Words) -> list[Row]:
    """The entries of the open filter, one below the other, with all of them first."""
    if page.at.menu is Menu.STATES:
        field, choices, every = "state", page.states, words.label("All open jobs")
    else:
        field, choices, every = "branch", page.branches, words.label("All branches")
    entries = [_to(every, page.at, **{field: ALL, "page": 0})]
    for choice in choices[:40]:
        name = state_name(choice.value, words) if field == "state" else choice.name
        text = f"{clip(name or words.label('No branch'), 40)} · {choice.jobs}"
        entries.append(_to(text, page.at, **{field: choice.value, "page": 0}))
    return in_rows(entries, 1)
