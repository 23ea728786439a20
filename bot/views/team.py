"""`/team`: how the people of somebody's branches stand with the bot, to choose one of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.identity import Role
from bot.people.member import Member
from bot.views.buttons import ALL, UNMATCHED, Show, TeamButton
from bot.views.language import Words
from bot.views.member import member_button
from bot.views.message import Html, Message, bold, clip, compose, joined
from bot.views.roster import (
    LINKED,
    MEANINGS,
    NOT_LINKED,
    NOT_REACHED,
    WAITS,
    legend,
    mark,
    people_rows,
)

#: Of a kind that needs somebody, so many are named.
_NAMED = 5
_SIGNS = {
    Show.LINKED: LINKED,
    Show.NOT_LINKED: NOT_LINKED,
    Show.WAITING: WAITS,
    Show.NOT_REACHED: NOT_REACHED,
}
#: Branches that have a button; who manages more finds people by name.
_BRANCHES = 40


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Where we are, everybody, the same by branch (None: of none), what branches are called."""

    at: TeamButton
    everybody: Sequence[Member]
    groups: Mapping[int | None, Sequence[Member]]
    names: Mapping[int, str]

    @property
    def is_overview(self) -> bool:
        """Several branches, and none is chosen yet."""
        return self.at.branch == ALL and self.at.show is Show.EVERYBODY and len(self.groups) > 1


def team_message(page: TeamPage, words: Words) -> Message:
    """The counts and what there is to do, then branches to choose, or people."""
    if not page.groups:
        return Message(compose([bold(words.say("Your team")), words.say("Nobody is here yet.")]))
    return _overview(page, words) if page.is_overview else _list(page, words)


def found_people(members: Sequence[Member], text: str, words: Words, *, more: bool) -> Message:
    """What a search found, to choose from."""
    lines = [
        words.say("Which one? “{text}” is in:", text=clip(text, 100)),
        words.say("There are more: add a word.") if more else None,
    ]
    at = TeamButton()
    rows = people_rows(
        members, 0, button_for=lambda member: member_button(member, at), turn_to=lambda _: at
    )
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def _overview(page: TeamPage, words: Words) -> Message:
    everybody = page.everybody
    lines = [
        joined((bold(words.say("Your team")), _people(everybody, words))),
        *_to_do(everybody, words),
        "",
        *(
            joined((_name(page, branch, words), *_counts(page.groups[branch])))
            for branch in page.groups
        ),
        legend(everybody, words),
    ]
    branches = [
        [_to(f"{clip(_name(page, branch, words), 40)} · {len(members)}", _chosen(branch))]
        for branch, members in list(page.groups.items())[:_BRANCHES]
    ]
    rows = [_filters(everybody, page.at, words), *branches]
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=[r for r in rows if r]))


def _list(page: TeamPage, words: Words) -> Message:
    at, branch = page.at, _branch(page)
    here = page.everybody if page.at.branch == ALL else page.groups.get(branch, ())
    shown = [m for m in here if at.show is Show.EVERYBODY or mark(m) == _SIGNS[at.show]]
    title = words.say("Your team") if at.branch == ALL else _name(page, branch, words)
    to_do = _to_do(here, words) if at.show is Show.EVERYBODY else ()
    lines = [joined((bold(title), _people(here, words))), *to_do, legend(here, words)]
    rows = [
        _filters(here, at, words),
        *people_rows(
            shown,
            at.page,
            button_for=lambda member: member_button(member, at),
            turn_to=lambda number: at.model_copy(update={"page": number}),
        ),
        [_to(words.label("‹ All branches"), TeamButton())] if len(page.groups) > 1 else [],
    ]
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=[r for r in rows if r]))


def _people(members: Sequence[Member], words: Words) -> Html:
    return words.plural("{n} person", "{n} people", len(members))


def _to_do(members: Sequence[Member], words: Words) -> Iterator[Html]:
    """What needs somebody, the leaders who would miss their jobs first."""
    leaders = [m for m in members if mark(m) == NOT_LINKED and Role.CREW_LEADER in m.roles]
    waiting = [m for m in members if mark(m) == WAITS]
    refused = [m for m in members if mark(m) == NOT_REACHED]
    if leaders:
        yield words.plural(
            "➡️ {n} crew leader is not linked: {names}",
            "➡️ {n} crew leaders are not linked: {names}",
            len(leaders),
            names=_names(leaders),
        )
    if waiting:
        yield words.plural(
            "➡️ {n} person waits for approval: {names}",
            "➡️ {n} people wait for approval: {names}",
            len(waiting),
            names=_names(waiting),
        )
    if refused:
        yield words.plural(
            "➡️ {n} person gets no messages: {names}",
            "➡️ {n} people get no messages: {names}",
            len(refused),
            names=_names(refused),
        )


def _names(members: Sequence[Member]) -> str:
    names = [clip(member.name, 30) for member in members[:_NAMED]]
    return ", ".join([*names, *(["…"] if len(members) > _NAMED else [])])


def _counts(members: Sequence[Member]) -> Iterator[str]:
    counts = Counter(map(mark, members))
    return (f"{sign} {counts[sign]}" for sign in MEANINGS if counts[sign])


def _filters(members: Sequence[Member], at: TeamButton, words: Words) -> list[InlineKeyboardButton]:
    """A button for each way to stand that occurs; none where all stand alike."""
    counts = Counter(map(mark, members))
    if len(counts) < 2:
        return []
    chosen = [show for show, sign in _SIGNS.items() if counts[sign]]
    buttons = [
        _to(f"{_SIGNS[show]} {counts[_SIGNS[show]]}", TeamButton(branch=at.branch, show=show))
        for show in chosen
        if show is not at.show
    ]
    every = _to(words.label("All"), TeamButton(branch=at.branch))
    return buttons if at.show is Show.EVERYBODY else [every, *buttons]


def _branch(page: TeamPage) -> int | None:
    return None if page.at.branch == UNMATCHED else page.at.branch


def _chosen(branch: int | None) -> TeamButton:
    return TeamButton(branch=UNMATCHED if branch is None else branch)


def _name(page: TeamPage, branch: int | None, words: Words) -> str:
    return page.names.get(branch or 0) or words.label("No branch")


def _to(text: str, button: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=button.pack())
