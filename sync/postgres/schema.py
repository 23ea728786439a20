"""Whether a database's schema is the one that this program was written for, and whole.

The revisions are named here and not read from `migrations`, which imports us; a test holds the
two lists together. Migrating is not done here.
"""

from dataclasses import dataclass
from enum import StrEnum

from sync.postgres.pool import Connection

#: Every revision this program knows, oldest first.
REVISIONS = (
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011"),
    *("0013", "0014", "0017"),
)


class SchemaState(StrEnum):
    """How a schema relates to this program; what its caller does next."""

    BEHIND = "behind"  # migrate it
    DAMAGED = "damaged"  # migrate it too: somebody dropped the tables of jobs
    CURRENT = "current"  # use it
    NEWER = "newer"  # leave it alone: a newer program made it


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database says of its schema; `gone` are the tables that somebody dropped."""

    revision: str | None
    gone: tuple[str, ...] = ()

    @property
    def state(self) -> SchemaState:
        """How it relates to this program."""
        if self.revision == REVISIONS[-1]:
            return SchemaState.DAMAGED if self.gone else SchemaState.CURRENT
        known = self.revision is None or self.revision in REVISIONS
        return SchemaState.BEHIND if known else SchemaState.NEWER


async def revision_of(connection: Connection) -> str | None:
    """The revision that the database says it is at; None if it was never migrated.

    Raises asyncpg's InsufficientPrivilegeError when we may not read it.
    """
    table = "botzilla.jobsync_version"
    if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table):
        return None
    revision: str | None = await connection.fetchval(
        "SELECT max(version_num) FROM botzilla.jobsync_version"
    )
    return revision


async def schema_of(connection: Connection) -> Schema:
    """The schema; raises as `revision_of` does."""
    asked = "botzilla.jobsync_gone()"
    gone = []
    if await connection.fetchval("SELECT to_regprocedure($1) IS NOT NULL", asked):
        gone = await connection.fetch("SELECT * FROM botzilla.jobsync_gone()")
    return Schema(await revision_of(connection), tuple(row[0] for row in gone))
