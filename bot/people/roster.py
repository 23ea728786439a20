"""The people whom somebody looks after: everybody once, with what he is and whether the bot reaches
him.

A manager looks after the people of his branches, those of no branch, and the leaders of jobs in his
branches; an operator after everybody. Whoever picks a person, to invite, to approve as, to unlink,
picks one of these, and is asked for this right again with every tap. Nothing is written here.
"""

import unicodedata
from collections.abc import Iterable, Sequence

from bot.people.identity import Identity, Role
from bot.people.member import About, everybody
from bot.people.member import Member as Member
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_directory
from sync.states import fold

_SQL = Queries("bot.people", "roster.sql")


async def read_roster(
    connection: Connection, person: Identity, operators: Sequence[int]
) -> tuple[Member, ...]:
    """Everybody whom `person` may look after: unlinked leaders first, then by name, last who left.

    Two statements, however many people there are. `operators` are those of the settings.
    """
    directory = await load_directory(connection, operators)
    about = {
        (row["source"], row["id"]): About(
            row["words"], tuple(sorted(row["branches"])), row["invited_until"]
        )
        for row in await connection.fetch(_SQL["about"])
    }
    members = everybody(directory, about, operators)
    own = (m for m in members if looks_after(person, m, operators=operators))
    return tuple(sorted(own, key=_place))


def looks_after(person: Identity, member: Member, *, operators: Sequence[int]) -> bool:
    """Whether `person` may invite, approve and unlink `member`, and see how he stands."""
    if not person.roles & {Role.MANAGER, Role.OPERATOR}:
        return False
    # A manager who stands in for operators whom nobody reaches has no more people by that than
    # those of branches that have no other manager.
    if Role.OPERATOR in person.roles and person.telegram_id in operators:
        return True
    own = {*person.branch_ids, *person.orphan_branch_ids}
    return not member.branch_ids or bool(own & {*member.branch_ids, *member.led_branch_ids})


def member_of(members: Iterable[Member], source: str, id: int) -> Member | None:
    """The person known by this row, if he is among them."""
    return next((m for m in members if (m.source, m.id) == (source, id)), None)


def search(members: Iterable[Member], text: str) -> tuple[Member, ...]:
    """Those whose name holds every word of `text`, whatever its case and accents."""
    words = plain_name(text).split()
    return tuple(m for m in members if all(word in plain_name(m.name) for word in words))


def _place(member: Member) -> tuple[bool, bool, str, str, int]:
    awaited = Role.CREW_LEADER in member.roles and not member.linked
    return member.has_left, not awaited, plain_name(member.name), member.source, member.id


def plain_name(text: str) -> str:
    """Folded and without accents, as one types a name on a phone."""
    parts = unicodedata.normalize("NFKD", fold(text))
    return "".join(part for part in parts if not unicodedata.combining(part))
