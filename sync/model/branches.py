"""Which of BotZilla's branches an Attic Tech branch is. Pure: the first match is remembered, a
guess is never made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync.model.states import fold


@dataclass(frozen=True, slots=True)
class Branch:
    """A row of `botzilla.branch`; `attic_tech_branch_id` where that column exists."""

    id: int
    name: str
    attic_tech_branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class AtticBranch:
    """A branch of Attic Tech and the BotZilla branch that it is, or `reason`: `unmatched` or
    `ambiguous`.
    """

    id: int
    name: str
    branch_id: int | None = None
    reason: str | None = None


def match(attic: AtticBranch, branches: Sequence[Branch]) -> AtticBranch:
    """`attic` with its branch: the remembered one, else by id where BotZilla knows it, else by the
    unique folded name.
    """
    if attic.branch_id is not None and any(b.id == attic.branch_id for b in branches):
        return replace(attic, reason=None)
    found = [b for b in branches if b.attic_tech_branch_id == attic.id] or [
        b
        for b in branches
        if fold(b.name) == fold(attic.name) != "" and b.attic_tech_branch_id is None
    ]
    if len(found) == 1:
        return replace(attic, branch_id=found[0].id, reason=None)
    return replace(attic, branch_id=None, reason="ambiguous" if found else "unmatched")
