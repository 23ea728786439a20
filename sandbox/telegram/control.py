"""The control routes `/_sandbox/...`: what the Python API offers, for tests in other processes.

| route | body or query | answer |
|---|---|---|
| POST people | id, first_name; names, language_code, phone_number, started | the person |
| GET people | | all of them |
| POST people/ID/send | text, chat_id (a group) | the message |
| POST people/ID/tap | button (number or words), message_id, timeout | the answer's words or null |
| POST people/ID/contact | phone_number, of (somebody else's id) | the message |
| POST people/ID/press | message_id, chat_id, data | the query's id |
| POST people/ID/block, unblock, deactivate | | |
| GET people/ID/messages, people/ID/menu | | as displayed now |
| POST groups | id, title, members | the group |
| POST groups/ID/migrate, kick | | the new id |
| GET groups/ID/messages | | as displayed now |
| GET events | after, timeout | NDJSON: what happened after `after`, waiting for the first |
| POST, GET, DELETE faults | fields of Fault; id | what is switched on |
| POST refuse | seconds | connections are refused from the answer on, for so long |
| GET calls | method | what the bot called |
"""

import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from sandbox.telegram.faults import Fault, FaultKind
from sandbox.telegram.people import Phone
from sandbox.telegram.system import Telegram
from sandbox.telegram.waiting import wait_until
from sandbox.telegram.wire import event_to_json, message_to_json
from sandbox.telegram.world import Message

_FAULT_FIELDS = {field.name for field in fields(Fault)} - {"id", "kind"}
_LONGEST_WAIT = 60.0


@web.middleware
async def _mistakes(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A wrong control call is answered in words; the Bot API's own refusals never come here."""
    try:
        return await handler(request)
    except KeyError as error:
        return web.json_response({"error": f"unknown or missing: {error}"}, status=404)
    except (LookupError, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    return dict(await request.json()) if request.can_read_body else {}


class _People:
    def __init__(self, sandbox: Telegram) -> None:
        self._sandbox = sandbox

    def _phone(self, request: web.Request) -> Phone:
        return self._sandbox.phone(int(request.match_info["id"]))

    def _message(self, phone: Phone, body: dict[str, Any]) -> Message | None:
        if "message_id" not in body:
            return None
        return self._sandbox.world.chats[body.get("chat_id", phone.id)].messages[body["message_id"]]

    async def create(self, request: web.Request) -> web.Response:
        phone = self._sandbox.person(**await _body(request))
        return web.json_response(phone.account.to_api())

    async def everyone(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [asdict(account) for account in self._sandbox.world.accounts.values()]
        )

    async def send(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), self._phone(request)
        group = self._sandbox.known_group(body["chat_id"]) if "chat_id" in body else None
        message = await phone.send(body["text"], to=group, reply_to=body.get("reply_to"))
        return web.json_response(message_to_json(message))

    async def tap(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), self._phone(request)
        if phone.button(body["button"], self._message(phone, body))[1].sends:
            await phone.press_key(body["button"])
            return web.json_response({"answer": None})
        tap = await phone.tap(body["button"], self._message(phone, body))
        try:
            await tap.answered(float(body.get("timeout", 5)))
        except TimeoutError:
            return web.json_response({"answer": None})
        return web.json_response({"answer": tap.answer})

    async def contact(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), self._phone(request)
        of = self._sandbox.phone(int(body["of"])).account if "of" in body else None
        message = await phone.share_contact(body.get("phone_number"), of=of)
        return web.json_response(message_to_json(message))

    async def press(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), self._phone(request)
        message = self._message(phone, body)
        if message is None:
            raise KeyError("message_id")
        return web.json_response({"query": (await phone.press(message, body["data"])).query})

    async def do(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        deeds = {"block": phone.block, "unblock": phone.unblock, "deactivate": phone.deactivate}
        await deeds[request.match_info["deed"]]()
        return web.json_response(asdict(phone.account))

    async def messages(self, request: web.Request) -> web.Response:
        return web.json_response(
            [message_to_json(message) for message in self._phone(request).messages]
        )

    async def menu(self, request: web.Request) -> web.Response:
        return web.json_response(self._phone(request).menu)


class _Groups:
    def __init__(self, sandbox: Telegram) -> None:
        self._sandbox = sandbox

    async def create(self, request: web.Request) -> web.Response:
        body = await _body(request)
        group = self._sandbox.group(body["id"], body["title"], tuple(body.get("members", ())))
        return web.json_response({"id": group.id})

    async def do(self, request: web.Request) -> web.Response:
        group = self._sandbox.known_group(int(request.match_info["id"]))
        deeds: dict[str, Callable[[], Awaitable[object]]] = {
            "migrate": group.migrate,
            "kick": group.kick_bot,
        }
        await deeds[request.match_info["deed"]]()
        return web.json_response({"id": group.id})

    async def messages(self, request: web.Request) -> web.Response:
        group = self._sandbox.known_group(int(request.match_info["id"]))
        return web.json_response([message_to_json(message) for message in group.messages])


class _Trouble:
    def __init__(self, sandbox: Telegram, be_away: Callable[[float], Awaitable[None]]) -> None:
        self._sandbox, self._be_away = sandbox, be_away

    async def add(self, request: web.Request) -> web.Response:
        body = await _body(request)
        kind = FaultKind(body.pop("kind", FaultKind.REFUSE))
        if unknown := set(body) - _FAULT_FIELDS:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        return web.json_response(asdict(self._sandbox.faults.add(Fault(kind, **body))))

    async def remove(self, request: web.Request) -> web.Response:
        wanted = request.query.get("id")
        self._sandbox.faults.remove(int(wanted) if wanted else None)
        return await self.all(request)

    async def all(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(fault) for fault in self._sandbox.faults.on])

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        seconds = float((await _body(request)).get("seconds", 1))
        response = web.json_response({"seconds": seconds})
        await response.prepare(request)
        await response.write_eof()
        await self._be_away(seconds)
        return response


class _Record:
    def __init__(self, sandbox: Telegram) -> None:
        self._sandbox = sandbox

    async def events(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        seconds = min(float(request.query.get("timeout", "0")), _LONGEST_WAIT)
        world = self._sandbox.world
        if len(world.events) <= after and seconds > 0:
            with contextlib.suppress(TimeoutError):
                await wait_until(world, lambda: len(world.events) > after, seconds, "")
        lines = (json.dumps(event_to_json(event)) + "\n" for event in world.events[after:])
        return web.Response(text="".join(lines), content_type="application/x-ndjson")

    async def calls(self, request: web.Request) -> web.Response:
        made = self._sandbox.calls(request.query.get("method"))
        plain = [
            {"method": call.method, "params": call.params, "status": call.status} for call in made
        ]
        return web.json_response(plain)


def add_routes(
    app: web.Application, sandbox: Telegram, be_away: Callable[[float], Awaitable[None]]
) -> None:
    """Put the control routes into `app`; `be_away` refuses connections for so many seconds."""
    people, groups, trouble, record = (
        _People(sandbox),
        _Groups(sandbox),
        _Trouble(sandbox, be_away),
        _Record(sandbox),
    )
    control = web.Application(middlewares=[_mistakes])
    control.add_routes(
        [
            web.post("/people", people.create),
            web.get("/people", people.everyone),
            web.post(r"/people/{id:\d+}/send", people.send),
            web.post(r"/people/{id:\d+}/tap", people.tap),
            web.post(r"/people/{id:\d+}/contact", people.contact),
            web.post(r"/people/{id:\d+}/press", people.press),
            web.post(r"/people/{id:\d+}/{deed:block|unblock|deactivate}", people.do),
            web.get(r"/people/{id:\d+}/messages", people.messages),
            web.get(r"/people/{id:\d+}/menu", people.menu),
            web.post("/groups", groups.create),
            web.post(r"/groups/{id:-?\d+}/{deed:migrate|kick}", groups.do),
            web.get(r"/groups/{id:-?\d+}/messages", groups.messages),
            web.get("/events", record.events),
            web.get("/calls", record.calls),
            web.post("/faults", trouble.add),
            web.get("/faults", trouble.all),
            web.delete("/faults", trouble.remove),
            web.post("/refuse", trouble.refuse),
        ]
    )
    app.add_subapp("/_sandbox", control)
