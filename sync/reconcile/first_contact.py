"""First contact: the past is adopted silently, managers hear of now.

What comes into sight after it (a wider right, a restore) is adopted silently, too: the operators
are told the number, and of which documents nothing. That is counted within the batches, which
commit one by one, and told after the last of them: a crash between the two only delays the telling.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from sync.model.alerts import AlertKind, Recipient
from sync.model.facts import Adopted, ListedJob, Mirrored
from sync.model.outbox import Alert, about
from sync.people.directory import Directory, one_per_address
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.outbox import store_alerts
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "first_contact.sql")
#: More are not listed in one message; the number is.
_LISTED = 20


async def end_first_contact(connection: Connection, directory: Directory) -> int:
    """How many alerts its end made, to each manager one."""
    async with connection.transaction():
        jobs = await connection.fetchval(_SQL["count_jobs"])
        waiting = [dict(row) for row in await connection.fetch(_SQL["waiting"], _LISTED)]
        stored = await store_alerts(connection, first_contact_alerts(jobs, waiting, directory))
        await connection.execute(_SQL["end"])
    return stored


def first_contact_alerts(
    jobs: int, waiting: Iterable[Mapping[str, Any]], directory: Directory
) -> tuple[Alert, ...]:
    """One alert per manager and operator: how many jobs there are, and which wait.

    `waiting`: of each branch the first few jobs without a leader, and how many it has.
    """
    theirs: dict[str, list[ListedJob]] = defaultdict(list)  # by address: one can be several
    totals: dict[str, int] = defaultdict(int)
    told: list[Recipient] = [*directory.all_managers, *directory.operators_or_nobody()]
    for job in waiting:
        readers = directory.managers_of(job["branch_id"])
        told += readers
        for reader in dict.fromkeys(map(_address, readers)):
            theirs[reader].append(_listed(job))
            totals[reader] += job["of_branch"] if job["place"] == 1 else 0
    return tuple(
        about(
            AlertKind.FIRST_CONTACT,
            "1",
            recipient,
            Mirrored(
                jobs,
                tuple(theirs[_address(recipient)][:_LISTED]),
                totals[_address(recipient)],
            ),
        )
        for recipient in one_per_address(told)
    )


def _listed(job: Mapping[str, Any]) -> ListedJob:
    return {
        "job_sync_id": job["job_sync_id"],
        "job_id": job["job_id"],
        "estimate_id": job["estimate_id"],
        "name": job["name"],
    }


def _address(recipient: Recipient) -> str:
    return recipient.telegram_id or recipient.key


async def count_adopted(connection: Connection, count: int) -> None:
    """Remember so many more, within the caller's transaction."""
    await connection.execute(_SQL["count_adopted"], count)


async def tell_adopted(connection: Connection, directory: Directory) -> int:
    """How many alerts told the operators what was counted since the last time."""
    async with connection.transaction():
        count = await connection.fetchval(_SQL["take_adopted"])
        if count is None:
            return 0
        facts = Adopted("jobs", count)
        # Taking the count is what makes it told once: a run that is resumed may count anew.
        subject = f"adopted-{uuid4().hex}"
        return await store_alerts(
            connection, system_alerts(AlertKind.FIRST_CONTACT, subject, facts, directory)
        )
