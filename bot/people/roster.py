"""The people whom somebody looks after: everybody once, with what he is and whether the bot reaches
him.

A manager looks after the people of his branches, those of no branch, and the leaders of jobs in his
branches; an operator after everybody. Whoever picks a person, to invite, to approve as, to unlink,
picks one of these, and is asked for this right again with every tap. Nothing is written here.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.access import MANAGE, may
from bot.people.identity import Identity, Role
from bot.people.member import About, Abouts, everybody
from bot.people.member import Member as Member
from sync.model.states import fold
from sync.people.directory import Directory
from sync.people.problems import Problem
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.company import load_directory

_SQL = Queries("bot.people", "roster.sql")
#: Words of a search that count: nobody types more by hand, and each costs a look at every name.
_WORDS = 8


@dataclass(frozen=True, slots=True)
class Flaw:
    """What somebody should put right in BotZilla, and whose rows those are."""

    problem: Problem
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody whom somebody may look after, what is amiss in their rows, and the names of all
    branches by id.
    """

    members: tuple[Member, ...]
    branches: Mapping[int, str]
    flaws: tuple[Flaw, ...] = ()

    @property
    def found(self) -> tuple[Member, ...]:
        """Whom a search finds: a leaver as long as he has a Telegram id, to be unlinked."""
        return tuple(member for member in self.members if member.linked or not member.has_left)

    @property
    def present(self) -> tuple[Member, ...]:
        """Those who have not left."""
        return tuple(member for member in self.members if not member.has_left)


async def read_team(connection: Connection, person: Identity, operators: Sequence[int]) -> Team:
    """Whom `person` looks after, in the order of `read_roster`, with the names of the branches."""
    directory, about = await _read(connection, operators)
    members = everybody(directory, about, operators)
    own = tuple(
        sorted((m for m in members if looks_after(person, m, operators=operators)), key=_place)
    )
    return Team(
        own,
        {id: row.words or "" for (source, id), row in about.items() if source == "branch"},
        _flaws(own, directory.problems()),
    )


async def read_everybody(connection: Connection, operators: Sequence[int]) -> tuple[Member, ...]:
    """All people of the company, in no order: for what nobody asks for."""
    directory, about = await _read(connection, operators)
    return everybody(directory, about, operators)


async def _read(connection: Connection, operators: Sequence[int]) -> tuple[Directory, Abouts]:
    return await load_directory(connection, operators), await read_about(connection)


def _flaws(own: Sequence[Member], problems: Sequence[Problem]) -> tuple[Flaw, ...]:
    """The problems of those of `own` who have not left: nobody mends the rows of a leaver."""
    by_row = {row: member for member in own if not member.has_left for row in member.rows}
    whose = ((p, tuple(dict.fromkeys(by_row[r] for r in p.rows if r in by_row))) for p in problems)
    return tuple(Flaw(problem, members) for problem, members in whose if members)


async def read_roster(
    connection: Connection, person: Identity, operators: Sequence[int]
) -> tuple[Member, ...]:
    """Everybody whom `person` may look after: unlinked leaders first, then by name, last who left.

    Two statements, however many people there are. `operators` are those of the settings.
    """
    return (await read_team(connection, person, operators)).members


async def read_about(connection: Connection) -> dict[tuple[str, int], About]:
    """What BotZilla says of each row, by source and id, beside who it is."""
    return {
        (row["source"], row["id"]): About(
            row["words"],
            tuple(sorted(row["branches"])),
            row["invited_until"],
            row["invited_at"],
        )
        for row in await connection.fetch(_SQL["about"])
    }


def manages(person: Identity, branch_id: int | None, operators: Sequence[int]) -> bool:
    """Whether what happens in this branch is his business; None is a branch that we do not know."""
    if _after_everybody(person, operators):
        return True
    if branch_id is None:
        return Role.OPERATOR in person.roles
    return branch_id in own_branches(person)


def looks_after(person: Identity, member: Member, *, operators: Sequence[int]) -> bool:
    """Whether `person` may invite, approve and unlink `member`, and see how he stands."""
    if not may(person, MANAGE):
        return False
    if _after_everybody(person, operators):
        return True
    own = own_branches(person)
    return not member.branch_ids or bool(own & {*member.branch_ids, *member.led_branch_ids})


def own_branches(person: Identity) -> frozenset[int]:
    """The branches whose people he looks after, if he is no operator of the settings."""
    return frozenset({*person.branch_ids, *person.orphan_branch_ids})


def grouped(
    person: Identity, team: Team, operators: Sequence[int]
) -> dict[int | None, tuple[Member, ...]]:
    """Those who have not left by branch, in the order of the branches' names; somebody of several
    branches is in each of them that `person` looks after. None is who works in no branch.
    """
    every = _after_everybody(person, operators)
    own = frozenset(team.branches) if every else own_branches(person)
    groups: dict[int | None, list[Member]] = defaultdict(list)
    for member in team.present:
        for branch in _groups_of(member, own):
            groups[branch].append(member)
    order = sorted(
        groups, key=lambda b: (b is None, plain_name(team.branches.get(b or 0, "")), b or 0)
    )
    return {branch: tuple(groups[branch]) for branch in order}


def _after_everybody(person: Identity, operators: Sequence[int]) -> bool:
    # A manager who stands in for operators whom nobody reaches gets by that no more people than
    # those of branches that have no other manager.
    return Role.OPERATOR in person.roles and person.telegram_id in operators


def _groups_of(member: Member, own: frozenset[int]) -> set[int] | set[None]:
    branches = own & {*member.branch_ids, *member.led_branch_ids}
    return set(branches) or {None}


def member_of(members: Iterable[Member], source: str, id: int) -> Member | None:
    """The person who has this row, if he is among them: a button may be older than what joined it
    to his others.
    """
    return next((m for m in members if (source, id) in ((m.source, m.id), *m.rows)), None)


def search(members: Iterable[Member], text: str) -> tuple[Member, ...]:
    """Those whose name holds every word of `text`, whatever its case and accents."""
    words = words_of(text)
    names = ((member, plain_name(member.name)) for member in members)
    return tuple(member for member, name in names if all(word in name for word in words))


def _place(member: Member) -> tuple[bool, bool, str, str, int]:
    awaited = Role.CREW_LEADER in member.roles and not member.linked
    return member.has_left, not awaited, plain_name(member.name), member.source, member.id


def words_of(text: str) -> list[str]:
    """The words to search for, as `plain_name` spells them: each once, and no more than help."""
    return list(dict.fromkeys(plain_name(text).split()))[:_WORDS]


def plain_name(text: str) -> str:
    """Folded and without accents, as one types a name on a phone."""
    parts = unicodedata.normalize("NFKD", fold(text))
    return "".join(part for part in parts if not unicodedata.combining(part))
