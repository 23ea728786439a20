"""Companies as hypothesis draws them: homonyms, accents, swapped phones, fillers, shared e-mails,
missing rows, joined and unjoined crew members, leavers, `@names`, ids with spaces, one id on two
rows, users that Attic Tech blocks or hides.

What is wrong in a company seldom comes by chance. So each has little to draw from, that it
collides, and some of the knots in `KNOTS`, tied loosely: what a knot does not need is drawn.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from sync.model.alerts import Reason
from sync.people.directory import Directory, Manager
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, Login, SalesPerson

NAMES = st.sampled_from(
    [
        *("Ana Núñez", "ana  núñez ", unicodedata.normalize("NFD", "Ana Núñez"), "Ana Nunez"),
        *("Ana", "José Ruiz", "Jose Ruiz", "Chris Jordan", "Christopher Jordan"),
    ]
)
NUMBERS = ["6195550142", "+1 619 555 0142", "619-555-0143", "(619) 555-0144"]
FILLERS = ["call me", "", "555-0142", "(000) 000-0000", "0000000000"]
PHONES = st.sampled_from([None, None, *NUMBERS, *FILLERS])
TWO_PHONES = st.sampled_from([("6195550142", "(619) 555-0143"), ("555-0142", "555-0142")])
EMAILS = st.sampled_from([None, "ana@x.example", "ANA@x.example ", "jose@x.example", "c@x.example"])
IDS = st.sampled_from(
    [
        *(None, "11", " 11", "12\t", "13", "14", "15\n", "@ana", "11a", "0", "011", ""),
        *("\u00a016", "9999999999999999999"),
    ]
)
ADDRESSES = st.sampled_from(["11", " 12", "13"])
STATUSES = st.sampled_from([*["active"] * 5, "pending", "inactive", "rejected"])
REFUSALS = st.dictionaries(
    st.sampled_from(["11", "13", "14"]),
    st.sampled_from([Reason.BOT_BLOCKED, Reason.CHAT_NOT_FOUND, Reason.DEACTIVATED]),
    max_size=1,
)
_rarely, _mostly = st.sampled_from([False] * 7 + [True]), st.sampled_from([True] * 7 + [False])
_Row = TypeVar("_Row")


def _few(values: st.SearchStrategy[_Row], most: int) -> st.SearchStrategy[st.SearchStrategy[_Row]]:
    return st.lists(values, min_size=1, max_size=most).map(st.sampled_from)


@dataclass
class Town:
    """A company while it is drawn: what it draws from, and its rows. A row that is added has what
    is said of it; the rest is drawn.
    """

    draw: st.DrawFn
    employees: list[Employee] = field(default_factory=list)
    crew: list[CrewMember] = field(default_factory=list)
    sellers: list[SalesPerson] = field(default_factory=list)
    users: list[AtticUser] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names, self.phones = self.draw(_few(NAMES, 3)), self.draw(_few(PHONES, 4))
        self.emails, self.ids = self.draw(_few(EMAILS, 3)), self.draw(_few(IDS, 5))

    def user(self, **known: Any) -> AtticUser:
        flags = {"blocked": _rarely, "gone": _rarely, "visible": _mostly}
        return self._add(self.users, AtticUser, known, email=self.emails, **flags)

    def employee(self, **known: Any) -> Employee:
        known = {"attic_tech_user_id": None} | known
        more = {"email": self.emails, "status": STATUSES, "is_deleted": _rarely}
        return self._add(self.employees, Employee, known, telegram_id=self.ids, **more)

    def crew_member(self, **known: Any) -> CrewMember:
        more = {"is_leader": st.booleans(), "email": self.emails, "has_email": st.booleans()}
        return self._add(self.crew, CrewMember, known, **self._joinable, **more)

    def seller(self, **known: Any) -> SalesPerson:
        more = {"is_active": _mostly, "email": self.emails}
        return self._add(self.sellers, SalesPerson, known, **self._joinable, **more)

    def stray(self, **known: Any) -> CrewMember | SalesPerson:
        """Of either table, joined to nobody."""
        known = {"employee_id": None} | known
        return self.crew_member(**known) if self.draw(st.booleans()) else self.seller(**known)

    @property
    def _joinable(self) -> dict[str, st.SearchStrategy[Any]]:
        employed = st.sampled_from([None, *(e.id for e in self.employees)])
        return {"telegram_id": self.ids, "employee_id": employed}

    def _add(
        self,
        rows: list[_Row],
        made: Callable[..., _Row],
        known: dict[str, Any],
        **drawn: st.SearchStrategy[Any],
    ) -> _Row:
        drawn = {"name": self.names, "phone": self.phones, **drawn}
        rest = {key: self.draw(values) for key, values in drawn.items() if key not in known}
        rows.append(made(id=len(rows) + 1, **known, **rest))
        return rows[-1]


def two_who_are_one(town: Town) -> None:
    """Two users of Attic Tech lead to one employee, by two rows of his that nobody joined."""
    him = town.employee(phone=None, telegram_id=town.draw(ADDRESSES), status="active")
    for phone in town.draw(TWO_PHONES):
        town.crew_member(name=him.name, phone=phone, telegram_id=None, employee_id=None)
        town.user(phone=phone, email=None)


def a_namesake(town: Town) -> None:
    """An employee without an id, and an unjoined row of his name that has one."""
    him = town.employee(telegram_id=None, status="active", is_deleted=False)
    phone = town.draw(st.sampled_from([None, None, him.phone, "(619) 555-0143"]))
    its = town.draw(ADDRESSES)
    town.crew_member(name=him.name, phone=phone, telegram_id=its, employee_id=None)
    town.user(name=him.name, email=None)


def one_id_of_two(town: Town) -> None:
    """Two unjoined rows of one name and one id, with two phones."""
    name, its = town.draw(town.names), town.draw(ADDRESSES)
    one, other = town.draw(TWO_PHONES)
    town.crew_member(name=name, phone=one, telegram_id=its, employee_id=None)
    town.stray(name=name, phone=other, telegram_id=its)
    town.user(phone=one, email=None)


def an_old_id(town: Town) -> None:
    """A joined row kept another id than the employee's."""
    him = town.employee(telegram_id="13", status="active")
    town.crew_member(telegram_id="11", employee_id=him.id)


def a_leaver(town: Town) -> None:
    """Somebody who left has an unjoined row with an id; now and then he was taken on again, or the
    id is another employee's by now.
    """
    one, other = town.draw(TWO_PHONES)
    phone = town.draw(st.sampled_from([one, one, other, None]))
    status = town.draw(st.sampled_from(["inactive", "rejected", "active"]))
    him = town.employee(phone=one, telegram_id=None, status=status)
    row = town.stray(name=him.name, phone=phone, telegram_id=town.draw(ADDRESSES))
    since = [{}, {}, {"name": him.name, "phone": phone}, {"telegram_id": row.telegram_id}]
    if known := town.draw(st.sampled_from(since)):
        town.employee(status="active", **known)


def a_blocked_user(town: Town) -> None:
    """Somebody whom Attic Tech blocks, and a row with his phone or e-mail."""
    him = town.user(phone="6195550142", email="ana@x.example", blocked=True)
    one, other = {"phone": him.phone}, {"email": him.email}
    known = town.draw(st.sampled_from([one, other, one | {"name": him.name}]))
    town.stray(telegram_id=town.draw(ADDRESSES), **known)


KNOTS = (two_who_are_one, a_namesake, one_id_of_two, an_old_id, a_leaver, a_blocked_user)


@st.composite
def people(draw: st.DrawFn) -> People:
    """The rows that say who is who; whatever refers to another row refers to one that is there."""
    town, few = Town(draw), st.integers(0, 2)
    for knot in draw(st.lists(st.sampled_from(KNOTS), max_size=3)):
        knot(town)
    for _ in range(draw(few)):
        town.user()
    attic_ids = draw(st.permutations([*(u.id for u in town.users), 99, *[None] * 6]))
    for attic_id in attic_ids[: draw(few)]:
        town.employee(attic_tech_user_id=attic_id)
    for _ in range(draw(few)):
        town.crew_member()
    for _ in range(draw(few)):
        town.seller()
    rows = (town.employees, town.crew, town.sellers, town.users)
    return People(*map(tuple, rows), draw(REFUSALS))


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """The same with managers of two branches and operators, who may be any of them."""
    company, branches = draw(people()), st.frozensets(st.sampled_from([1, 2]))
    rows = (*company.employees, *company.crew_members, *company.sales_people)
    ids = st.one_of(st.sampled_from([None, *(row.telegram_id for row in rows)]), ADDRESSES, IDS)
    emails = st.sampled_from([None, *(row.email for row in (*rows, *company.users))])
    phones = st.sampled_from([None, *(row.phone for row in (*rows, *company.users))])
    logins = tuple(
        Login(number, draw(ids), draw(emails), draw(phones))
        for number in range(1, draw(st.integers(0, 3)) + 1)
    )
    managers = tuple(Manager(login.id, login.telegram_id, draw(branches)) for login in logins)
    operators = draw(st.lists(st.sampled_from([11, 13, 90, 91]), max_size=2, unique=True))
    return Directory(replace(company, logins=logins), managers, tuple(operators))
