"""Whether a database's schema is the one that this program was written for.

The revisions are named here and not read from `migrations`, which imports us; a test holds the
two lists together. Migrating is not done here.
"""

from enum import StrEnum

from sync.database.pool import Connection

#: Every revision this program knows, oldest first.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")


class Standing(StrEnum):
    """How a schema relates to this program; what its caller does next."""

    BEHIND = "behind"  # migrate it
    CURRENT = "current"  # use it
    NEWER = "newer"  # leave it alone: a newer program made it


def standing(revision: str | None) -> Standing:
    """How a schema at `revision` (None: never migrated) relates to this program."""
    if revision == REVISIONS[-1]:
        return Standing.CURRENT
    known = revision is None or revision in REVISIONS
    return Standing.BEHIND if known else Standing.NEWER


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
