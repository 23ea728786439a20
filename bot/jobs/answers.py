"""What of customers stands in private chats because somebody asked: written down when it is shown,
found again when its reader could not ask for it any more.

Alerts are written down already, and are found here as well: people's rights change without anything
being decided. What a job says of its leader is looked at in `bot/delivery/clearing.sql`. Nothing
here talks to Telegram.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.jobs.number import number_in
from bot.jobs.visible import stands_no_more
from bot.people.identity import Standing, read_identity
from bot.people.scope import scope
from sync.database.pool import Connection
from sync.database.queries import Queries

_SQL = Queries("bot.jobs", "answers.sql")


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message that its reader has before him and could not ask for any more; alerts have ids.

    `of_nobody`: he has no role here any more.
    """

    chat_id: int
    message_id: int
    language: str
    of_nobody: bool
    alert_id: int | None = None


async def remember(
    connection: Connection, chat_id: int, message_id: int, numbers: Iterable[str]
) -> None:
    """This message shows the customers of these jobs (`7`, `E12`) from now on, and no others."""
    found = [number for number in map(number_in, numbers) if number]
    jobs = [number.job_id for number in found if number.job_id is not None]
    estimates = [number.estimate_id for number in found if number.estimate_id is not None]
    await connection.execute(_SQL["remember"], chat_id, message_id, jobs, estimates)


async def chats_after(
    connection: Connection, chat_id: int, left_alone: Sequence[int], limit: int
) -> list[int]:
    """The next chats to look at, in the order of their ids; fewer than `limit` at the end."""
    rows = await connection.fetch(_SQL["chats"], chat_id, left_alone, limit)
    return [row["chat_id"] for row in rows]


async def overdue(
    connection: Connection, chat_id: int, operators: Sequence[int], language: str, limit: int
) -> list[Overdue]:
    """What has to be taken back in this chat, the newest first.

    Whom we cannot tell apart just now keeps what he has. `language`: for whose is not known.
    """
    person = await read_identity(connection, chat_id, operators, language)
    if person.standing is Standing.IN_DOUBT:
        return []
    rows = await stands_no_more(connection, scope(person), chat_id, limit)
    about = (person.language, not person.roles)
    return [Overdue(chat_id, message, *about, alert) for message, alert in rows]
