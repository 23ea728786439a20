"""What the pretend Attic Tech answers when it will not do what was asked: status and body exactly
as Payload's.
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the REST API, before it becomes bytes."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as Payload would send it: UTF-8, but lone surrogates stay escaped, as
        JSON.stringify leaves them.
        """
        try:
            return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return json.dumps(self.body, separators=(",", ":")).encode()


class Refused(Exception):
    """Payload would not do it; carries the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


def refusal(status: int, message: str) -> Refused:
    """A refusal with one error that has nothing but a message."""
    return Refused(Answer(status, {"errors": [{"message": message}]}))


def forbidden() -> Refused:
    """A bad token and a missing right look the same: 403, never 401."""
    return refusal(403, "You are not allowed to perform this action.")


def not_found() -> Refused:
    """There is no such document, or not for this reader."""
    return refusal(404, "Not Found")


def broken() -> Refused:
    """The answer to a crash of the server, and to many a bad query."""
    return refusal(500, "Something went wrong.")


def no_route(path: str) -> Refused:
    """There is no such collection or end point: a body of another shape, without `errors`."""
    return Refused(Answer(404, {"message": f'Route not found "{path}"'}))


def not_queryable(paths: list[str]) -> Refused:
    """A query names fields or operators that do not exist, or that this reader may not see."""
    noun = "path" if len(paths) == 1 else "paths"
    error = {
        "name": "QueryError",
        "data": [{"path": path} for path in paths],
        "message": f"The following {noun} cannot be queried: {', '.join(paths)}",
    }
    return Refused(Answer(400, {"errors": [error]}))


def invalid(collection: str, path: str, message: str, label: str | None = None) -> Refused:
    """A document that fails validation at `path`."""
    problem = {"message": message, "path": path}
    error = {
        "name": "ValidationError",
        "data": {
            "collection": collection,
            "errors": [{"label": label, **problem} if label else problem],
        },
        "message": f"The following field is invalid: {label or path}",
    }
    return Refused(Answer(400, {"errors": [error]}))
