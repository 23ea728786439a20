"""An Attic Tech of any size that remembers nothing: every document follows from its number, and was
saved that many seconds after the company began.

`/1/...` instead of `/0/...` shows it after somebody edited the role Crew Leader.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
#: How many there are of each, in a company of so many jobs.
_NUMBERS = {
    "jobs": lambda jobs: jobs,
    "estimates": lambda jobs: jobs + jobs // 5,
    "properties": lambda jobs: jobs,
    "clients": lambda jobs: jobs,
    "users": lambda _: 400,
    "branches": lambda _: 20,
    "roles": lambda _: 2,
}
_LEADERS = 300
_EDITED, _LATER = ("roles", 1), 10_000_000
_OPEN = ("Requires Crew Lead", "Plans In Progress", "Pending Review", "In Production")


def _document(collection: str, n: int, jobs: int, edited: int) -> dict[str, Any]:
    fields, seconds = _FIELDS[collection](n, jobs), n
    if edited and (collection, n) == _EDITED:
        fields["name"], seconds = "Crew  Leader", _LATER
    stamp = _BEGAN + timedelta(seconds=seconds)
    text = stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": n, "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": text} | fields


_FIELDS = {
    "jobs": lambda n, jobs: {
        "name": f"Job {n}",
        "status": _OPEN[n // 20 % 4] if n % 20 == 0 else "Closed Job",
        "job_estimate": n,
        "assignedCrew": [1 + n % _LEADERS, 1 + n % (_LEADERS - 1), 301 + n % 100],
    },
    "estimates": lambda n, jobs: {
        "name": f"Estimate {n}",
        "status": "Sold" if n <= jobs + jobs // 50 else "Open",
        "user": 301 + n % 100,
        "branch": 1 + n % 20,
        "client": 1 + n % jobs,
        "property": 1 + n % jobs,
        "final_price": 12345.67,
        "labor_hours": 40,
        "crew_notes": "Remove the old insulation, seal the attic, and mind the dog. " * 3,
    },
    "properties": lambda n, jobs: {
        "client": n,
        "address": f"{n} Elm Street",
        "city": "Orange",
        "state": "CA",
        "postalCode": "92865",
    },
    "clients": lambda n, jobs: {
        "firstName": "Pat",
        "lastName": f"Customer {n}",
        "fullName": f"Pat Customer {n}",
        "phone": "(619) 555-0142",
        "email": f"customer{n}@example.com",
    },
    "users": lambda n, jobs: {
        "name": f"User {n}",
        "email": f"user{n}@example.com",
        "roles": [1 if n <= _LEADERS else 2],
        "branches": [1 + n % 20],
        "isBlocked": False,
    },
    "branches": lambda n, jobs: {"name": f"Branch {n}"},
    "roles": lambda n, jobs: {"name": "Crew Leader" if n == 1 else "Seller"},
}


async def _answer(request: web.Request) -> web.Response:
    jobs, edited = request.app[_JOBS], int(request.match_info["edited"])
    collection, asked = request.match_info["collection"], request.query
    if collection not in _FIELDS:
        return web.json_response({"message": "Route not found"}, status=404)
    total, limit = _NUMBERS[collection](jobs), int(asked.get("limit", 10))
    if "where[id][in]" in asked:
        ids = [int(text) for text in asked["where[id][in]"].split(",")]
        more = False
    elif asked.get("sort") == "-updatedAt":
        ids, more = [_EDITED[1] if edited and collection == _EDITED[0] else total], True
    else:
        after = int(asked.get("where[id][greater_than]", 0))
        since = asked.get("where[updatedAt][greater_than_equal]", "1970-01-01T00:00:00Z")
        first = max(after + 1, int((datetime.fromisoformat(since) - _BEGAN).total_seconds()))
        ids = list(range(first, min(total, first + limit - 1) + 1))
        more = bool(ids) and ids[-1] < total
    docs = [_document(collection, n, jobs, edited) for n in ids if n <= total]
    return web.json_response({"docs": docs, "hasNextPage": more})


_JOBS = web.AppKey("jobs", int)


@asynccontextmanager
async def replaying(jobs: int) -> AsyncIterator[str]:
    """The address of such a source, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.replay", str(jobs), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def _serve(jobs: int) -> None:
    app = web.Application()
    app[_JOBS] = jobs
    app.router.add_get("/{edited}/{collection}", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
