"""The seven collections of the pretend Attic Tech: their fields, in the order in which Payload
shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

#: A stored document. Rows are replaced, never changed in place: who holds one holds a snapshot.
Row: TypeAlias = Mapping[str, Any]


class Kind(Enum):
    """What a field holds, which decides how a query compares it."""

    TEXT = auto()
    NUMBER = auto()
    CHECKBOX = auto()
    DATE = auto()
    RELATION = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `to` names the collection a relation points at, `many` says that it holds a list
    of them.
    """

    name: str
    kind: Kind = Kind.TEXT
    to: str = ""
    many: bool = False
    required: bool = False

    @property
    def empty(self) -> Any:
        """What the field holds when nobody gave it a value."""
        return [] if self.many else False if self.kind is Kind.CHECKBOX else None


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def _relation(name: str, to: str, *, many: bool = False) -> Field:
    return Field(name, Kind.RELATION, to, many)


_STAMPS = (Field("updatedAt", Kind.DATE), Field("createdAt", Kind.DATE))
_NAMED = (Field("name", required=True),)

#: What a client may send; ids and stamps come on top.
WRITABLE: dict[str, tuple[Field, ...]] = {
    "jobs": (
        *_texts("name", "status"),
        _relation("job_estimate", "estimates"),
        _relation("assignedCrew", "users", many=True),
    ),
    "estimates": (
        *_texts("name", "status"),
        _relation("user", "users"),
        _relation("branch", "branches"),
        _relation("client", "clients"),
        _relation("property", "properties"),
        Field("final_price", Kind.NUMBER),
        Field("labor_hours", Kind.NUMBER),
        Field("crew_notes"),
    ),
    "properties": (
        _relation("client", "clients"),
        *_texts("address", "city", "state", "postalCode"),
    ),
    "clients": _texts("firstName", "lastName", "fullName", "email", "phone", "notes"),
    "users": (
        *_texts("name", "phone"),
        _relation("roles", "roles", many=True),
        _relation("branches", "branches", many=True),
        Field("isVerified", Kind.CHECKBOX),
        Field("isBlocked", Kind.CHECKBOX),
    ),
    "branches": _NAMED,
    "roles": _NAMED,
}
COLLECTIONS = tuple(WRITABLE)

#: Users carry these behind their stamps; Payload's auth collection adds them.
_ACCOUNT = (Field("enableAPIKey", Kind.CHECKBOX), Field("email"))

QUERYABLE: dict[str, dict[str, Field]] = {
    collection: {
        field.name: field
        for field in (
            Field("id", Kind.NUMBER),
            *fields,
            *_STAMPS,
            *(_ACCOUNT if collection == "users" else ()),
        )
    }
    for collection, fields in WRITABLE.items()
}
RELATIONS: dict[str, tuple[Field, ...]] = {
    collection: tuple(field for field in fields if field.kind is Kind.RELATION)
    for collection, fields in WRITABLE.items()
}

_SINGULAR = {"properties": "Property", "branches": "Branch"}


def label(collection: str, *, plural: bool = False) -> str:
    """The word for a document in Payload's messages: `Job`, `Jobs`, `Property`."""
    return (
        collection.capitalize()
        if plural
        else _SINGULAR.get(collection, collection[:-1].capitalize())
    )
