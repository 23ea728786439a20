"""People as buttons, a page of them at a time, for whoever has to pick one.

What a button carries is the caller's: to invite somebody, to approve as him, to look at him.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton

from bot.people.member import Member
from bot.views.language import N_, Words
from bot.views.message import Html, clip, joined
from sync.model.alerts import Reason
from sync.model.states import fold

#: People on a page.
PAGE_SIZE = 8
#: Units of a button that a name and a branch may take; Telegram takes 64 in all.
_NAME, _BRANCH = 32, 14
#: How somebody stands, in one sign.
LINKED, NOT_LINKED, WAITS, NOT_REACHED = "✅", "⚪", "⏳", "🚫"
MEANINGS = {
    LINKED: N_("linked"),
    NOT_LINKED: N_("not linked"),
    WAITS: N_("waits for approval"),
    NOT_REACHED: N_("not reached"),
}

ButtonFor = Callable[[Member], CallbackData]
TurnTo = Callable[[int], CallbackData]


def mark(member: Member) -> str:
    """How he stands, in one sign."""
    if member.reason is Reason.PENDING_APPROVAL:
        return WAITS
    if not member.linked:
        return NOT_REACHED if member.reason is not Reason.NO_TELEGRAM else NOT_LINKED
    return NOT_REACHED if member.reason else LINKED


def legend(members: Sequence[Member], words: Words) -> Html:
    """What the signs mean, as far as they occur among `members`."""
    seen = {mark(member) for member in members}
    return joined(f"{sign} {words.label(MEANINGS[sign])}" for sign in MEANINGS if sign in seen)


def people_rows(
    members: Sequence[Member], page: int, *, button_for: ButtonFor, turn_to: TurnTo
) -> list[list[InlineKeyboardButton]]:
    """The rows of buttons for this page, counted from 0; past the end it is the last one.

    Namesakes are told apart by branch and number.
    """
    last = max(0, -(-len(members) // PAGE_SIZE) - 1)
    page = min(max(page, 0), last)
    names = Counter(map(_seen, members))
    rows = [
        [_to(_label(member, twice=names[_seen(member)] > 1), button_for(member))]
        for member in members[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    ]
    if last:
        before = [_to("‹", turn_to(page - 1))] if page else []
        after = [_to("›", turn_to(page + 1))] if page < last else []
        rows.append([*before, _to(f"{page + 1}/{last + 1}", turn_to(page)), *after])
    return rows


def _seen(member: Member) -> str:
    """What one sees of his name, for whom it may be another's as well."""
    return fold(clip(member.name, _NAME))


def _label(member: Member, *, twice: bool) -> str:
    label = f"{mark(member)} {clip(member.name, _NAME)}"
    if not twice:
        return label
    branch = clip(", ".join(member.branches), _BRANCH) or "—"
    return f"{label} · {branch} · {member.id}"


def _to(text: str, button: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=button.pack())
