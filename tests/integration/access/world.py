"""A company in which everybody has something that the others must not see, to be tried by all.

Every fact of every job and the name of every person is a word that stands nowhere else, so that one
finds in whatever the bot says what it gave away. Orange and Irvine have managers, Nowhere has none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from bot.people.identity import Role
from bot.people.invites import make_invite
from bot.people.linking import read_staff
from bot.people.member import Source
from sync.model.refs import PersonKey
from sync.model.states import State
from sync.postgres.pool import Connection
from tests.integration.handlers.conftest import OPERATOR, Jobs
from tests.scene import Company

MANAGER, OPERATES, LEADER, CREW, SELLER = (
    Role.MANAGER,
    Role.OPERATOR,
    Role.CREW_LEADER,
    Role.CREW_MEMBER,
    Role.SALESPERSON,
)
#: Jobs of Orange that are led by people who do not belong here (any more).
LED_BY_OUTSIDERS = (90, 91, 92, 93, 94, 95)
#: Led by somebody of Attic Tech whom BotZilla does not know.
UNKNOWN_LEADER = 22
AT_ORANGE = {17, UNKNOWN_LEADER, *LED_BY_OUTSIDERS}
ALL_JOBS = (17, 18, 19, 20, 21, UNKNOWN_LEADER, *LED_BY_OUTSIDERS)
#: Where somebody works, sells, manages or leads. Who is nowhere is everybody's who manages.
_BOTH = ("manager", "leader", "seller", "crew", "new", "stray", "stray_seller")
PLACES = {
    **{key: {"Orange"} for key in _BOTH},
    **{f"far_{key}": {"Irvine"} for key in _BOTH},
    "several": {"Orange", "Irvine"},
    **{key: {"Orange"} for key in ("leaver", "unknown")},
}


@dataclass(frozen=True)
class Caller:
    """Somebody with a phone: his roles, the jobs that he sees and those whose price he sees too."""

    key: str
    telegram_id: int
    roles: frozenset[Role] = frozenset()
    jobs: frozenset[int] = frozenset()
    priced: frozenset[int] = frozenset()
    places: frozenset[str] = frozenset()

    def manages(self, place: str) -> bool:
        """The branch is his; an operator's are all."""
        return OPERATES in self.roles or (MANAGER in self.roles and place in self.places)

    def acts_on(self, key: str) -> bool:
        """Every branch of theirs is the caller's."""
        where = PLACES.get(key, set())
        return self.sees_person(key) and all(map(self.manages, where)) and key != self.key

    def sees_person(self, key: str) -> bool:
        """Himself, and whom he looks after."""
        where = PLACES.get(key, set())
        looks_after = (
            any(map(self.manages, where)) if where else bool({MANAGER, OPERATES} & self.roles)
        )
        return key == self.key or looks_after


def _caller(
    key: str,
    telegram_id: int,
    roles: Iterable[Role] = (),
    jobs: Iterable[int] = (),
    priced: Iterable[int] = (),
    places: Iterable[str] = (),
) -> Caller:
    return Caller(
        key,
        telegram_id,
        frozenset(roles),
        frozenset(jobs),
        frozenset(priced),
        frozenset(places),
    )


CALLERS = {
    caller.key: caller
    for caller in (
        _caller("manager", 101, [MANAGER], AT_ORANGE, AT_ORANGE, ["Orange"]),
        _caller("leader", 102, [LEADER], [17]),
        _caller("seller", 103, [SELLER], [17], [17]),
        _caller("crew", 104, [CREW], [17]),
        _caller("far_manager", 105, [MANAGER], [18, 21], [18, 21], ["Irvine"]),
        _caller("far_leader", 106, [LEADER], [18]),
        _caller("far_seller", 107, [SELLER], [18], [18]),
        _caller("far_crew", 108, [CREW], [18]),
        # Manages Orange, and leads a job of Irvine whose price is not his business.
        _caller("several", 109, [MANAGER, LEADER], AT_ORANGE | {21}, AT_ORANGE, ["Orange"]),
        _caller("loose", 110, [LEADER]),
        _caller("operator", OPERATOR, [OPERATES], [19, 20], [19, 20]),
        _caller("stranger", 201),
        _caller("leaver", 202),
        _caller("deleted", 203),
        _caller("left_seller", 204),
        _caller("pending", 205),
        _caller("twin", 206),
        _caller("office", 207),
        _caller("blocked", 208),
        _caller("rejected", 209),
        _caller("stale", 210),
        _caller("blocked_crew", 211),
        _caller("clerk", 212),
    )
}
STAFF = [caller for caller in CALLERS.values() if caller.roles]
OUTSIDERS = [caller for caller in CALLERS.values() if not caller.roles]


def job_words(number: int) -> set[str]:
    """What stands in the job and in nothing else, its price left out."""
    words = ("Casa", "Cliente", "Olmo", "Jefe", "Peon", "Vende", "Nota")
    return {f"{word}{number}x" for word in words} | {f"555-01{number}"}


def customer_words(number: int) -> set[str]:
    """Those of the customer."""
    return {f"Cliente{number}x", f"Olmo{number}x"}


def price(number: int) -> str:
    return f"12,5{number}"


def person_word(key: str) -> str:
    return f"Quill{key.replace('_', '')}q"


@dataclass
class World:
    """The ids of its rows."""

    branches: dict[str, int] = field(default_factory=dict)
    employees: dict[str, int] = field(default_factory=dict)
    #: Of the crew and the sales, whom nobody joined to an employee: table and id.
    strays: dict[str, tuple[Source, int]] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    #: Of these people's accounts, the change that can be undone.
    changes: dict[str, int] = field(default_factory=dict)
    #: The code of an invite for `new`.
    invite: str = ""
    #: Every word that one may have no right to, and who has it.
    secrets: dict[str, Callable[[Caller], bool]] = field(default_factory=dict)

    def row(self, key: str) -> tuple[Source, int]:
        """By which row a button means him."""
        return self.strays.get(key) or ("employee", self.employees[key])

    def leaks(self, text: str, reader: Caller | None) -> set[str]:
        """What of the text its reader must not see."""
        return {
            word
            for word, may in self.secrets.items()
            if word in text and not (reader and may(reader))
        }


async def build(connection: Connection) -> World:
    """Everybody of CALLERS, their jobs, and changes of links that can be undone."""
    world, company, jobs = World(), Company(connection), Jobs(connection)
    for name in ("Orange", "Irvine", "Nowhere"):
        world.branches[name] = await company.branch(name)
    sellers = await _staff(world, company, jobs)
    await _outsiders(world, company, jobs)
    await _jobs(world, jobs, sellers)
    await _changes(world, connection)
    new = (await read_staff(connection, (OPERATOR,))).of(("employee", world.employees["new"]))
    assert new
    by = PersonKey.parse(f"telegram:{OPERATOR}")
    assert by
    world.invite = (await make_invite(connection, new, by)).code
    for number in ALL_JOBS:
        world.secrets |= {w: partial(_sees_job, number) for w in job_words(number)}
        world.secrets[price(number)] = partial(_sees_price, number)
    for key in {*CALLERS, *PLACES}:
        world.secrets[person_word(key)] = partial(_sees_person, key)
    return world


def _sees_job(number: int, caller: Caller) -> bool:
    return number in caller.jobs


def _sees_price(number: int, caller: Caller) -> bool:
    return number in caller.priced


def _sees_person(key: str, caller: Caller) -> bool:
    return caller.sees_person(key)


def _id(key: str) -> str:
    return str(CALLERS[key].telegram_id)


def _name(key: str) -> str:
    return f"Nina {person_word(key)}"


async def _staff(world: World, company: Company, jobs: Jobs) -> dict[str, int | None]:
    orange, irvine = world.branches["Orange"], world.branches["Irvine"]
    sellers: dict[str, int | None] = {}
    for far, branch, attic in (("", orange, 70), ("far_", irvine, 80)):
        world.users[f"{far}manager"] = await company.manager(
            branch=branch, telegram_id=_id(f"{far}manager"), email=f"{person_word(f'{far}manager')}"
        )
        leader = await company.leader(
            _name(f"{far}leader"),
            telegram_id=_id(f"{far}leader"),
            branch=branch,
            attic_tech_user_id=attic,
        )
        sold = await company.salesperson(
            _name(f"{far}seller"), telegram_id=_id(f"{far}seller"), branch=branch
        )
        crew = await company.employee(
            _name(f"{far}crew"),
            telegram_id=f" {_id(f'{far}crew')}",
            branch_id=branch,
            role="crew_member",
            attic_tech_user_id=attic + 1,
        )
        new = await company.employee(_name(f"{far}new"), branch_id=branch)
        stray = await company.crew_member(_name(f"{far}stray"), branch=branch)
        world.strays[f"{far}stray"] = "crew_member", stray
        stray = await company.sales_person(_name(f"{far}stray_seller"), branch=branch)
        world.strays[f"{far}stray_seller"] = "sales_person", stray
        sellers[f"{far}seller"] = sold.sales_person
        world.employees |= {
            f"{far}leader": leader.employee or 0,
            f"{far}seller": sold.employee or 0,
            f"{far}crew": crew,
            f"{far}new": new,
        }
        await jobs.attic_user(
            attic, leader.employee, name=_name(f"{far}leader"), telegram_id=_id(f"{far}leader")
        )
        await jobs.attic_user(attic + 1, crew, name=_name(f"{far}crew"))
    several = await company.leader(
        _name("several"), telegram_id=_id("several"), branch=orange, attic_tech_user_id=72
    )
    await jobs.attic_user(72, several.employee, name=_name("several"), telegram_id=_id("several"))
    loose = await company.leader(_name("loose"), telegram_id=_id("loose"))
    world.employees |= {"several": several.employee or 0, "loose": loose.employee or 0}
    world.users["several"] = await company.manager(
        branch=orange, telegram_id=_id("several"), email=f"{person_word('several')}@x"
    )
    return sellers


async def _outsiders(world: World, company: Company, jobs: Jobs) -> None:
    """People with a claim to Orange's jobs that does not hold (any more)."""

    async def leader(key: str, **row: object) -> int:
        person = await company.leader(_name(key), telegram_id=_id(key), **row)
        world.employees[key] = person.employee or 0
        return world.employees[key]

    gone = {
        "leaver": await leader("leaver", status="inactive"),
        "deleted": await leader("deleted", is_deleted=True),
        "pending": await leader("pending", status="pending"),
        "twin": await leader("twin"),
        "blocked": await leader("blocked"),
        "rejected": await leader("rejected", status="rejected"),
    }
    await company.manager(branch=world.branches["Orange"], telegram_id=_id("leaver"), email="gone")
    await company.sales_person(
        _name("left_seller"), telegram_id=_id("left_seller"), is_active=False
    )
    twin = await company.employee(_name("twin"))
    await company.crew_member(_name("twin"), telegram_id=f" {_id('twin')}", employee_id=twin)
    await company.employee(_name("office"), telegram_id=_id("office"), role="corporate")
    stale = await company.employee(_name("stale"), telegram_id="299")
    await company.crew_member(_name("stale"), telegram_id=_id("stale"), employee_id=stale)
    blocked = await company.crew_member(_name("blocked_crew"), telegram_id=_id("blocked_crew"))
    await company.user(
        role="admin",
        branches=(world.branches["Orange"],),
        telegram_id=_id("clerk"),
        email=f"{person_word('clerk')}@x",
    )
    for number, (key, employee) in zip(LED_BY_OUTSIDERS, gone.items(), strict=True):
        await jobs.attic_user(number, employee, name=_name(key))
    await company.connection.execute(
        "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, crew_member_id)"
        " VALUES (96, $1, $2), (97, $3, NULL)",
        *(_name("blocked_crew"), blocked, _name("unknown")),
    )
    await company.connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " SELECT 'users', attic_tech_user_id, jsonb_build_object("
        " 'name', name, 'email', 'at' || attic_tech_user_id || '@example.com',"
        " 'isBlocked', attic_tech_user_id = ANY ($1::integer[]))"
        " FROM botzilla.attic_tech_person",
        [94, 96],
    )


async def _jobs(world: World, jobs: Jobs, sellers: dict[str, int | None]) -> None:
    orange, irvine = world.branches["Orange"], world.branches["Irvine"]
    add = partial(_job, jobs)
    await add(17, leader=70, crew=(70, 71), branch=orange, seller=sellers["seller"])
    await add(18, leader=80, crew=(80, 81), branch=irvine, seller=sellers["far_seller"])
    await add(19, branch=world.branches["Nowhere"])
    await add(20, branch=None)
    await add(21, leader=72, branch=irvine)
    await add(UNKNOWN_LEADER, leader=97, branch=orange)
    for number in LED_BY_OUTSIDERS:
        await add(number, leader=number, crew=(number, 96), branch=orange)


async def _job(jobs: Jobs, number: int, **row: object) -> None:
    await jobs.add(
        number,
        state=State.PLANS_IN_PROGRESS,
        name=f"Casa{number}x",
        customer=f"Cliente{number}x",
        phone=f"(619) 555-01{number}",
        address=f"Olmo{number}x",
        crew_leader=f"Jefe{number}x",
        sales_person=f"Vende{number}x",
        crew_notes=f"Nota{number}x",
        final_price=12500 + number,
        # Somebody whom only the card names.
        **{"crew": row.pop("crew", ()), **row},  # type: ignore[arg-type]
    )
    await jobs.connection.execute(
        "UPDATE botzilla.job_sync SET attic_tech_data = attic_tech_data || $2"
        " WHERE attic_tech_job_id = $1",
        number,
        {"crew": [{"id": 1, "name": f"Peon{number}x"}]},
    )


async def _changes(world: World, connection: Connection) -> None:
    """Links of today that were made by nobody whom the matrix knows."""
    for key in ("leader", "far_leader", "loose"):
        rows = {f"employee {world.employees[key]}": _id(key)}
        world.changes[key] = await connection.fetchval(
            "INSERT INTO botzilla.telegram_link_attempt"
            " (telegram_id, via, outcome, before, after)"
            " VALUES ($1, 'contact', 'linked', $2, $3) RETURNING id",
            *(CALLERS[key].telegram_id, dict.fromkeys(rows), rows),
        )
