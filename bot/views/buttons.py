"""What our buttons carry: each a class, checked when it comes back; what does not fit is not ours.

Nothing here is a right: whoever taps is asked for his rights again.
"""

from enum import StrEnum
from typing import Annotated, Literal

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.access import View
from bot.people.member import Source

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


class BranchButton(CallbackData, prefix="branch"):
    """The branch whose managers are to be asked who one is."""

    branch: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Deed(StrEnum):
    """What is done with the card of somebody who asks to be linked."""

    SHOW = "c"
    CHOOSE = "a"  # as whom he is approved
    REFUSE = "r"


class RequestButton(CallbackData, prefix="ask"):
    """Somebody's request to be linked, and what to do with it."""

    request: Annotated[int, Field(ge=1, le=2**63 - 1)]
    deed: Deed
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class AsButton(CallbackData, prefix="as"):
    """As whom he who asks is approved: a row of BotZilla's."""

    request: Annotated[int, Field(ge=1, le=2**63 - 1)]
    source: Source
    id: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Mend(StrEnum):
    """What is done about a leader who cannot be told of his job."""

    SHOW = "s"  # how he stands now
    APPROVE = "a"
    CHOOSE = "c"  # who he is
    ADD = "n"  # to BotZilla


class MendButton(CallbackData, prefix="mend"):
    """A job and its leader, by Attic Tech's ids, and what to do about him."""

    job: Annotated[int, Field(ge=1, le=2**31 - 1)]
    leader: Annotated[int, Field(ge=1, le=2**31 - 1)]
    deed: Mend
    page: Annotated[int, Field(ge=0, le=9999)] = 0


class WhoButton(CallbackData, prefix="who"):
    """Who the leader of a job is: a row of BotZilla's."""

    job: Annotated[int, Field(ge=1, le=2**31 - 1)]
    leader: Annotated[int, Field(ge=1, le=2**31 - 1)]
    source: Source
    id: Annotated[int, Field(ge=1, le=2**31 - 1)]


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
