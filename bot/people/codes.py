"""Which codes are good, for whom, and what could be a code. Pure; see `invites.py`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.people.accounts import Traits, are_another

#: A code, as part of a link or by itself.
_CODE = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32}(?![\w-])")


class Outcome(StrEnum):
    """What became of an attempt to use a code."""

    LINKED = "linked"
    ALREADY_YOURS = "already_yours"  # the account is linked to the invited
    UNKNOWN = "unknown"  # no such code: guessed, or cut off
    USED = "used"
    EXPIRED = "expired"
    VOIDED = "voided"  # a newer one was made, or it was shown to a group
    TAKEN = "taken"  # the account belongs to somebody else than the invited
    LEFT = "left"  # the invited is not active any more
    TOO_MANY = "too_many"  # refused tries


@dataclass(frozen=True, slots=True)
class Found:
    """An invite as it is stored, and the employee it is for. `inviter` is the Telegram id of who
    made it; `his`: the account that tries it is linked to the invited already.
    """

    id: int
    employee_id: int
    invited_by: str
    used: bool
    voided: bool
    expired: bool
    name: str
    email: str | None
    phone: str | None
    his: bool
    inviter: str | None


def codes_in(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Whatever could be a code in these texts, each once."""
    return tuple(dict.fromkeys(code for text in texts for code in _CODE.findall(text or "")))


def refusal(invite: Found, telegram_id: int, users: Iterable[Traits]) -> Outcome | None:
    """Why the code opens nothing for this account, or None where it is good."""
    if invite.used or invite.voided or invite.expired:
        if invite.his:
            return Outcome.ALREADY_YOURS
        return _worn(invite)
    if not invite.his and _is_another(invite, telegram_id, users):
        return Outcome.TAKEN
    return None


def _worn(invite: Found) -> Outcome:
    if invite.used:
        return Outcome.USED
    return Outcome.VOIDED if invite.voided else Outcome.EXPIRED


def _is_another(invite: Found, telegram_id: int, users: Iterable[Traits]) -> bool:
    """Whoever made the invite, or is a user of BotZilla and not seen to be the invited: he tries
    his own link, and would become somebody else by it.
    """
    if invite.invited_by == f"telegram:{telegram_id}":
        return True
    return are_another(users, [Traits(invite.email, invite.phone)])
