"""Control over HTTP, for those in another process: documents, faults, the clock, what was asked.

Everything is under `/_sandbox`, which the real Attic Tech does not have, and needs no login:

    POST   documents/jobs     {"name": …}     201 {"id": 7}
    PATCH  documents/jobs/7   {"status": …}   DELETE takes it away, GET shows it as stored
    POST   batch              [["patch", "jobs", 7, {…}], …]   all in one transaction
    POST   faults             {"kind": "status", "status": 429, "retry_after": 2, "times": 3}
    DELETE faults             nothing is wrong any more
    POST   conditions         {"read_rules": {"clients": false}, "clock_offset": -90,
                               "hidden_fields": [["users", "roles"]], "poisoned": [["jobs", 7]]}
    POST   void-tokens        every token given out so far stops working
    GET    requests           [{"method", "path", "query", "status"}, …]; DELETE forgets them
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.attic_tech.answers import Refused
from sandbox.attic_tech.schema import COLLECTIONS
from sandbox.attic_tech.system import AtticTech

_VERBS = ("create", "patch", "delete", "plant")


def routes(system: AtticTech) -> list[web.RouteDef]:
    """The control routes of `system`."""
    control = _Control(system)
    return [
        web.post("/_sandbox/documents/{collection}", control.create),
        web.get("/_sandbox/documents/{collection}/{id:-?[0-9]+}", control.show),
        web.patch("/_sandbox/documents/{collection}/{id:-?[0-9]+}", control.patch),
        web.delete("/_sandbox/documents/{collection}/{id:-?[0-9]+}", control.delete),
        web.post("/_sandbox/batch", control.batch),
        web.post("/_sandbox/faults", control.add_fault),
        web.delete("/_sandbox/faults", control.clear_faults),
        web.post("/_sandbox/conditions", control.conditions),
        web.post("/_sandbox/void-tokens", control.void_tokens),
        web.get("/_sandbox/requests", control.requests),
        web.delete("/_sandbox/requests", control.forget_requests),
    ]


@web.middleware
async def plainly_refused(request: web.Request, handler: Any) -> web.StreamResponse:
    """Control routes answer 400 to what makes no sense; the REST API has answers of its own."""
    try:
        response: web.StreamResponse = await handler(request)
    except Refused as refused:
        return web.json_response(refused.answer.body, status=refused.answer.status)
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return response


class _Control:
    def __init__(self, system: AtticTech) -> None:
        self._system = system

    async def create(self, request: web.Request) -> web.Response:
        id_ = self._system.create(_collection(request), **await request.json())
        return web.json_response({"id": id_}, status=201)

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response(dict(self._system.document(_collection(request), _id(request))))

    async def patch(self, request: web.Request) -> web.Response:
        self._system.patch(_collection(request), _id(request), **await request.json())
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.Response:
        self._system.delete(_collection(request), _id(request))
        return web.json_response({})

    async def batch(self, request: web.Request) -> web.Response:
        with self._system.transaction() as transaction:
            for verb, *arguments in await request.json():
                if verb not in _VERBS:
                    raise KeyError(verb)
                getattr(transaction, verb)(*arguments)
        return web.json_response({})

    async def add_fault(self, request: web.Request) -> web.Response:
        fault = self._system.faults.add(**await request.json())
        return web.json_response(asdict(fault), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._system.faults.clear()
        return web.json_response({})

    async def conditions(self, request: web.Request) -> web.Response:
        wanted, faults = await request.json(), self._system.faults
        for collection, rule in wanted.get("read_rules", {}).items():
            faults.read_rules[collection] = rule
        faults.hidden_fields |= {(holder, name) for holder, name in wanted.get("hidden_fields", [])}
        faults.poisoned |= {(collection, id_) for collection, id_ in wanted.get("poisoned", [])}
        if "clock_offset" in wanted:
            faults.clock_offset = timedelta(seconds=wanted["clock_offset"])
        return web.json_response({})

    async def void_tokens(self, request: web.Request) -> web.Response:
        self._system.void_tokens()
        return web.json_response({})

    async def requests(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(seen) for seen in self._system.requests])

    async def forget_requests(self, request: web.Request) -> web.Response:
        self._system.requests.clear()
        return web.json_response({})


def _collection(request: web.Request) -> str:
    name = request.match_info["collection"]
    if name not in COLLECTIONS:
        raise KeyError(name)
    return name


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
