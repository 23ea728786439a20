"""The parameters of a call, from a query, JSON, a form or a multipart body alike."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.telegram.errors import ApiError, bad_request


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters by name; forms carry everything as text, so each is read as what it should be."""

    values: dict[str, Any]
    files: dict[str, int] = field(default_factory=dict)  # attached files: name -> size

    def text(self, name: str) -> str:
        """The text under `name`, empty when absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int | None = None) -> int | None:
        """The whole number under `name`."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise bad_request(f"invalid {name} specified") from error

    def flag(self, name: str) -> bool:
        """Whether `name` is set."""
        return str(self.values.get(name, "")).lower() in {"true", "1", "yes"}

    def json(self, name: str) -> Any:
        """The structure under `name`, parsed when it came as text; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def chat_id(self) -> int | None:
        """The chat that the call is about, if it is about one."""
        try:
            return self.number("chat_id")
        except ApiError:  # "@channel" and nonsense are no chat of ours
            return None


async def read_params(request: web.Request) -> Params:
    """The parameters of one request."""
    values: dict[str, Any] = dict(request.query)
    files: dict[str, int] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json() if request.can_read_body else {}
        except ValueError as error:
            raise bad_request("can't parse JSON body") from error
        values |= body if isinstance(body, dict) else {}
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = len(value.file.read())
            else:
                values[name] = value
    return Params(values, files)
