"""Keyboards under messages, and what their buttons carry: each a class, checked when it comes back;
what does not fit is not ours.

Nothing here is a right: whoever taps is asked for their rights again. A class may get another
field, last and with a default: buttons that stand in people's chats go on working.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from pydantic import Field

from bot.access import View
from sync.model.refs import Source

#: A filter that lets everything through, and the branch of jobs whose branch we do not know.
ALL = 0
UNMATCHED = -1
#: A job's number as people type it.
JobNumber = Annotated[str, Field(pattern=r"^E?[1-9][0-9]{0,9}$")]
PageNumber = Annotated[int, Field(ge=0, le=9999)]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
RequestId = Annotated[int, Field(ge=1, le=2**63 - 1)]
BranchChoice = Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)]
#: The place of a state among the nine, 10 for the others.
StateChoice = Annotated[int, Field(ge=0, le=10)]
Row = list[InlineKeyboardButton]


def button(text: str, to: CallbackData) -> InlineKeyboardButton:
    """A button that comes back with what it carries."""
    return InlineKeyboardButton(text=text, callback_data=to.pack())


def in_rows(buttons: Sequence[InlineKeyboardButton], size: int) -> list[Row]:
    """The buttons, so many in a row."""
    return [list(buttons[at : at + size]) for at in range(0, len(buttons), size)]


def keyboard(rows: Iterable[Row]) -> InlineKeyboardMarkup | None:
    """The rows that have buttons; None where none has."""
    shown = [row for row in rows if row]
    return InlineKeyboardMarkup(inline_keyboard=shown) if shown else None


if TYPE_CHECKING:
    _Base = CallbackData
else:
    _Base = object


class Lasting(_Base):
    """Data of a version in which the last fields were not there yet has their defaults."""

    @classmethod
    def unpack(cls, value: str) -> Self:
        """What the data says; raises TypeError or ValueError where it is none of ours."""
        separator, fields = cls.__separator__, list(cls.model_fields.values())
        missing = fields[value.count(separator) :]
        if any(field.is_required() for field in missing):
            raise TypeError(value)
        later = ("" if field.default is None else str(field.default) for field in missing)
        return super().unpack(separator.join([value, *later]))


class Menu(StrEnum):
    """Which choice of `/myjobs` is open."""

    CLOSED = ""
    STATES = "s"
    BRANCHES = "b"


class LeaderButton(Lasting, CallbackData, prefix="mend"):
    """The card of who leads a job, by Attic Tech's ids. `deed` and `page`: once there were more."""

    job: RowId
    leader: RowId
    deed: Annotated[str, Field(pattern=r"^[sacn]$")] = "s"
    page: PageNumber = 0


class JobsButton(Lasting, CallbackData, prefix="jobs"):
    """A page of `/myjobs`: as what, which state (1 to 9, 10 others), which branch, which page."""

    view: View
    state: StateChoice = ALL
    branch: BranchChoice = ALL
    page: PageNumber = 0
    menu: Menu = Menu.CLOSED


class WhyButton(Lasting, CallbackData, prefix="why"):
    """A page of the story of one job, counted from its newest part."""

    number: JobNumber
    page: PageNumber = 0


class JobButton(Lasting, CallbackData, prefix="job"):
    """The card of one job, and the page of `/myjobs` that it was opened from, to go back to."""

    number: JobNumber
    view: View | None = None
    state: StateChoice = ALL
    branch: BranchChoice = ALL
    page: PageNumber = 0


class Show(StrEnum):
    """Who of a branch is listed, by how he stands."""

    EVERYBODY = ""
    LINKED = "l"
    NOT_LINKED = "n"
    WAITING = "w"
    NOT_REACHED = "x"


#: Somebody by his row: `e12` is employee 12; `c`, `s` and `u` are the other tables.
Who = Annotated[str, Field(pattern=r"^[ecsu][1-9][0-9]{0,9}$")]
_TABLES = {"e": "employee", "c": "crew_member", "s": "sales_person", "u": "user"}


def row_of(who: str) -> tuple[str, int]:
    """The row that a `Who` means."""
    return _TABLES[who[0]], int(who[1:])


class TeamButton(Lasting, CallbackData, prefix="team"):
    """A page of `/team`: the overview (ALL), or who of a branch."""

    branch: BranchChoice = ALL
    show: Show = Show.EVERYBODY
    page: PageNumber = 0


class MemberButton(Lasting, CallbackData, prefix="member"):
    """The card of somebody, and the page of `/team` that it was opened from, to go back to."""

    who: Who
    branch: BranchChoice = ALL
    show: Show = Show.EVERYBODY
    page: PageNumber = 0


class AdmitButton(Lasting, CallbackData, prefix="admit"):
    """Approves somebody who waits, from his card."""

    who: Who
    branch: BranchChoice = ALL
    show: Show = Show.EVERYBODY
    page: PageNumber = 0


class UnlinkButton(Lasting, CallbackData, prefix="unlink"):
    """Unlinks somebody from the Telegram account that he has now: asks first, then does it.

    The account is named so that a tap of yesterday does not unlink the phone of today.
    """

    who: Who
    branch: BranchChoice = ALL
    show: Show = Show.EVERYBODY
    page: PageNumber = 0
    account: Annotated[int, Field(ge=0)] = 0


class PhoneButton(Lasting, CallbackData, prefix="phone"):
    """Invites somebody who has an account onto another one: asks first, then does it.

    The account is named so that a tap of yesterday does not replace the phone of today.
    """

    who: Who
    account: Annotated[int, Field(ge=0)] = 0


class UndoButton(Lasting, CallbackData, prefix="undo"):
    """Undoes a change of somebody's link, by the id of its record."""

    change: Annotated[int, Field(ge=1, le=2**63 - 1)]


#: How far somebody is who leaves.
LeaveStep = Literal["ask", "sure", "no"]


class LeaveButton(Lasting, CallbackData, prefix="leave"):
    """Unlinks who taps: asks first, then does it; or shows again who he is."""

    step: LeaveStep = "ask"


class InvitesButton(Lasting, CallbackData, prefix="invites"):
    """A page of the people whom one can invite."""

    page: PageNumber = 0


class InviteButton(Lasting, CallbackData, prefix="invite"):
    """Invite this person: a row of BotZilla's, as the roster knows him."""

    source: Source
    id: RowId
