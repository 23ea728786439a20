"""What our buttons carry: each a class, checked when it comes back; what does not fit is not ours.

Nothing here is a right: whoever taps is asked for his rights again.
"""

from enum import StrEnum
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.access import View
from sync.model.refs import Source

#: A filter that lets everything through, and the branch of jobs whose branch we do not know.
ALL = 0
UNMATCHED = -1
#: A job's number as people type it.
_NUMBER = r"^E?[1-9][0-9]{0,9}$"


class Menu(StrEnum):
    """Which choice of `/myjobs` is open."""

    CLOSED = ""
    STATES = "s"
    BRANCHES = "b"


class LeaderButton(CallbackData, prefix="mend"):
    """The card of who leads a job, by Attic Tech's ids. `deed` and `page`: once there were more."""

    job: Annotated[int, Field(ge=1, le=2**31 - 1)]
    leader: Annotated[int, Field(ge=1, le=2**31 - 1)]
    deed: Annotated[str, Field(pattern=r"^[sacn]$")] = "s"
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class JobsButton(CallbackData, prefix="jobs"):
    """A page of `/myjobs`: as what, which state (1 to 9, 10 others), which branch, which page."""

    view: View
    state: Annotated[int, Field(ge=0, le=10)] = ALL
    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    page: Annotated[int, Field(ge=0, le=9999)] = 0
    menu: Menu = Menu.CLOSED


class WhyButton(CallbackData, prefix="why"):
    """A page of the story of one job, counted from its newest part."""

    number: Annotated[str, Field(pattern=_NUMBER)]
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class JobButton(CallbackData, prefix="job"):
    """The card of one job, and the page of `/myjobs` that it was opened from, to go back to."""

    number: Annotated[str, Field(pattern=_NUMBER)]
    view: View | None = None
    state: Annotated[int, Field(ge=0, le=10)] = ALL
    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    page: Annotated[int, Field(ge=0, le=9999)] = 0


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


class TeamButton(CallbackData, prefix="team"):
    """A page of `/team`: the overview (ALL), or who of a branch."""

    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    show: Show = Show.EVERYBODY
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class MemberButton(CallbackData, prefix="member"):
    """The card of somebody, and the page of `/team` that it was opened from, to go back to."""

    who: Who
    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    show: Show = Show.EVERYBODY
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class AdmitButton(CallbackData, prefix="admit"):
    """Approves somebody who waits, from his card."""

    who: Who
    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    show: Show = Show.EVERYBODY
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class UnlinkButton(CallbackData, prefix="unlink"):
    """Unlinks somebody from the Telegram account that he has now: asks first, then does it.

    The account is named so that a tap of yesterday does not unlink the phone of today.
    """

    who: Who
    branch: Annotated[int, Field(ge=UNMATCHED, le=2**31 - 1)] = ALL
    show: Show = Show.EVERYBODY
    page: Annotated[int, Field(ge=0, le=9999)] = 0
    account: Annotated[int, Field(ge=0)] = 0


class PhoneButton(CallbackData, prefix="phone"):
    """Invites somebody who has an account onto another one: asks first, then does it.

    The account is named so that a tap of yesterday does not replace the phone of today.
    """

    who: Who
    account: Annotated[int, Field(ge=0)] = 0


class UndoButton(CallbackData, prefix="undo"):
    """Undoes a change of somebody's link, by the id of its record."""

    change: Annotated[int, Field(ge=1, le=2**63 - 1)]


#: How far somebody is who leaves.
LeaveStep = Literal["ask", "sure", "no"]


class LeaveButton(CallbackData, prefix="leave"):
    """Unlinks who taps: asks first, then does it; or shows again who he is."""

    step: LeaveStep = "ask"


class InvitesButton(CallbackData, prefix="invites"):
    """A page of the people whom one can invite."""

    page: Annotated[int, Field(ge=0, le=9999)] = 0


class InviteButton(CallbackData, prefix="invite"):
    """Invite this person: a row of BotZilla's, as the roster knows him."""

    source: Source
    id: Annotated[int, Field(ge=1, le=2**31 - 1)]
