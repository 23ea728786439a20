"""Users of Attic Tech who are nobody here yet, as the rows that BotZilla would have of them. Pure.

Only for a company that wants its people made out of Attic Tech (`ATTIC_TECH_PEOPLE=create`). Who is
anybody here, or may be, is left alone, and nothing that exists is changed by it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from sync.model.branches import AtticBranch
from sync.model.states import fold
from sync.people.people import People
from sync.people.rows import AtticUser, Employee, e164

#: What BotZilla's columns hold.
LONGEST_NAME, LONGEST_PART, LONGEST_EMAIL, LONGEST_PHONE, LONGEST_BRANCH = 100, 50, 100, 20, 100
_LEADS = frozenset({"crew leader"})
_WORKS = _LEADS | {"crew member"}
_SELLS = frozenset({"sales", "salesperson", "sales person", "sales rep", "sales representative"})
#: Attic Tech says "Operations Manager", BotZilla "operation manager".
_MANAGES = frozenset({"operation manager", "operations manager"})


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Rows to be made. `employed`: an employee, who is `role` (None for who only manages), with a
    row of the crew, of the sales, or both; `account`: the e-mail of the "user" of a manager.
    `branches`: BotZilla's ids.
    """

    attic_tech_user_id: int
    name: str
    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    role: str | None = None
    employed: bool = True
    works: bool = False
    leads: bool = False
    sells: bool = False
    account: str | None = None
    branches: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """Somebody of whom nothing, or not everything, can be made, and which value is to blame."""

    attic_tech_user_id: int
    value: str


@dataclass(frozen=True)
class Registry:
    """What is there already. `roles`: folded names by id; `branches`: by Attic Tech's id;
    `accounts`: the folded e-mails of all "user" rows; `made`: (user id, `employee` or `user`) of
    the rows that were made before, also of those that somebody deleted; `own_email`: of the account
    that we read Attic Tech with, which is nobody.
    """

    people: People
    roles: Mapping[int, str]
    branches: Mapping[int, AtticBranch]
    accounts: AbstractSet[str] = frozenset()
    made: AbstractSet[tuple[int, str]] = frozenset()
    own_email: str | None = None

    def newcomers(self) -> tuple[tuple[Newcomer, ...], tuple[SetAside, ...]]:
        """Whom to make, and what had to be set aside."""
        made: list[Newcomer] = []
        aside: list[SetAside] = []
        for user in self.people.users:
            if user.visible and not user.gone and not user.blocked and not self._is_ours(user):
                newcomer, faults = self._newcomer(user)
                made += [newcomer] if newcomer else []
                aside += [SetAside(user.id, fault) for fault in faults]
        return tuple(made), tuple(aside)

    def missing_branches(self) -> tuple[str, ...]:
        """The names of Attic Tech's branches that no branch of BotZilla's can be, each once."""
        fitting: dict[str, str] = {}
        for branch in self.branches.values():
            name = " ".join(branch.name.split())
            if branch.reason == "unmatched" and 0 < len(name) <= LONGEST_BRANCH:
                fitting.setdefault(fold(name), name)
        return tuple(fitting.values())

    def _newcomer(self, user: AtticUser) -> tuple[Newcomer | None, list[str]]:
        roles = {self.roles.get(id, "") for id in user.roles}
        works, sells = bool(roles & _WORKS), bool(roles & _SELLS)
        manages = bool(roles & _MANAGES) and (user.id, "user") not in self.made
        account = _fitting(user.email, LONGEST_EMAIL) if manages else None
        faults = ["email"] if manages and account is None else []
        if account and (fold(account) in self.accounts or self._emails[fold(account)] > 1):
            account = None
        employed = self._is_nobody(user) and (works or sells or account is not None)
        if not employed and account is None:
            return None, faults
        parts = split_name(user.name)
        if parts is None:
            return None, [*faults, "name"]
        email = self._free_email(user) if employed else None
        if employed and email is None and user.email:
            faults.append("email")
        return Newcomer(
            user.id,
            " ".join(user.name.split()),
            *parts,
            email,
            _phone(user.phone),
            _role(roles),
            employed,
            works,
            bool(roles & _LEADS),
            sells and not self._sells_already(user),
            account,
            self._branches(user),
        ), list(dict.fromkeys(faults))

    def _is_ours(self, user: AtticUser) -> bool:
        return bool(self.own_email) and fold(user.email or "") == fold(self.own_email or "")

    def _is_nobody(self, user: AtticUser) -> bool:
        """No evidence points at anybody, not even in doubt, and he was not made before."""
        return (
            not self.people.matching.evidence[user.id].found
            and (user.id, "employee") not in self.made
        )

    def _sells_already(self, user: AtticUser) -> bool:
        """A salesperson whom nobody joined may be he: `people link` will tell them."""
        phone = e164(user.phone)
        return any(
            fold(row.name) == fold(user.name) or (phone and e164(row.phone) == phone)
            for row in self.people.sales_people
            if row.employee_id is None
        )

    def _free_email(self, user: AtticUser) -> str | None:
        email = _fitting(user.email, LONGEST_EMAIL)
        if email and fold(email) not in self._taken and self._emails[fold(email)] == 1:
            return email
        return None

    def _branches(self, user: AtticUser) -> tuple[int, ...]:
        found = (self.branches[id].branch_id for id in user.branches if id in self.branches)
        return tuple(dict.fromkeys(id for id in found if id is not None))

    @cached_property
    def _taken(self) -> frozenset[str]:
        employees: Sequence[Employee] = self.people.employees
        return frozenset(fold(e.email or "") for e in employees)

    @cached_property
    def _emails(self) -> Counter[str]:
        """How many users have an e-mail: Attic Tech compares them by case, we do not."""
        return Counter(fold(user.email or "") for user in self.people.users)


def split_name(name: str) -> tuple[str, str] | None:
    """First and last name, which together are the whole; None for one that the columns cannot hold.

    The first word is the first name, more of them only where the rest would be too long.
    """
    words = name.split()
    for place in range(1, len(words) + 1):
        first, last = " ".join(words[:place]), " ".join(words[place:])
        if max(len(first), len(last)) <= LONGEST_PART and len(first) + len(last) < LONGEST_NAME:
            return first, last
    return None


def _role(roles: AbstractSet[str]) -> str | None:
    if roles & _LEADS:
        return "crew_leader"
    if roles & _WORKS:
        return "crew_member"
    return "salesperson" if roles & _SELLS else None


def _phone(phone: str | None) -> str | None:
    """The phone as Attic Tech has it, or in E.164 where that is too long."""
    return _fitting(phone, LONGEST_PHONE) or _fitting(e164(phone), LONGEST_PHONE)


def _fitting(text: str | None, longest: int) -> str | None:
    text = (text or "").strip()
    return text if 0 < len(text) <= longest else None
