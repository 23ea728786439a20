"""The mirror as tests of the reading see it."""

from dataclasses import dataclass, field
from typing import Any

from sync.attic_tech.client import AtticTech
from sync.attic_tech.documents import COLLECTIONS
from sync.mirror.read import read
from sync.mirror.store import Compared, Reading, note_comparisons
from sync.postgres.pool import Connection
from tests.attic import OVERLAP

OPERATOR = 900


@dataclass
class Mirrored:
    """Reads into the mirror, and shows what is in it."""

    connection: Connection
    source: AtticTech
    notes: list[tuple[str, int, int]] = field(default_factory=list)

    def reading(self, **more: Any) -> Reading:
        async def note(collection: str, done: int, changed: int) -> None:
            self.notes.append((collection, done, changed))
            await self.connection.execute("SELECT pg_notify('jobsync_progress', '1')")

        return Reading(self.connection, self.source, note, OVERLAP, (OPERATOR,), **more)

    async def read(self, **more: Any) -> None:
        """One complete reading, whose findings are decided: comparisons count, marks go."""
        await self._decide(await self.read_only(**more))

    async def read_only(self, **more: Any) -> dict[str, Compared]:
        """One complete reading and no more: what it compared."""
        return await read(self.reading(**more))

    async def marks_of_reading(self, **more: Any) -> list[str]:
        """The marks that one complete reading leaves, which are decided then."""
        compared = await self.read_only(**more)
        marks = await self.marks()
        await self._decide(compared)
        return marks

    async def _decide(self, compared: dict[str, Compared]) -> None:
        await note_comparisons(self.connection, compared)
        await self.connection.execute("DELETE FROM botzilla.sync_touched")

    async def marks(self) -> list[str]:
        """`jobs:7`, with a plus sign when it is new to the mirror."""
        rows = await self.connection.fetch(
            "SELECT collection || ':' || id || CASE WHEN fresh THEN '+' ELSE '' END AS mark"
            " FROM botzilla.sync_touched ORDER BY collection, id"
        )
        return [row["mark"] for row in rows]

    async def ids(self, collection: str = "jobs", state: str = "present") -> list[int]:
        rows = await self.connection.fetch(
            "SELECT id FROM botzilla.attic_tech_document"
            " WHERE collection = $1 AND state = $2 ORDER BY id",
            collection,
            state,
        )
        return [row["id"] for row in rows]

    async def document(self, collection: str, id: int) -> dict[str, Any]:
        row = await self.connection.fetchrow(
            "SELECT * FROM botzilla.attic_tech_document WHERE collection = $1 AND id = $2",
            collection,
            id,
        )
        return dict(row)

    async def cursor(self, collection: str = "jobs") -> dict[str, Any]:
        row = await self.connection.fetchrow(
            "SELECT * FROM botzilla.sync_cursor WHERE collection = $1", collection
        )
        return dict(row)

    async def alerts(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(kind, Telegram id, facts) of every alert."""
        rows = await self.connection.fetch(
            "SELECT kind, telegram_id, facts FROM botzilla.alert ORDER BY id"
        )
        return [tuple(row) for row in rows]

    async def whole(self) -> dict[str, dict[int, dict[str, Any]]]:
        """The fields of everything that is present, by collection and id."""
        rows = await self.connection.fetch(
            "SELECT collection, id, fields FROM botzilla.attic_tech_document"
            " WHERE state = 'present'"
        )
        found: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in COLLECTIONS}
        for row in rows:
            found[row["collection"]][row["id"]] = row["fields"]
        return found
