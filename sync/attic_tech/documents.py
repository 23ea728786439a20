"""Documents of Attic Tech's seven collections: what we keep of each, and why one cannot be kept.

Pure. A document becomes a `Document` (its projected fields, what it points at) or, when jsonb
cannot hold it or it is not what its collection promises, a `SetAside`; nothing is raised, so that
one bad document stops no page. Unknown fields are ignored. Whether what a document points at exists
is not decided here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sync.attic_tech.fields import (
    Flag,
    Id,
    Many,
    Moment,
    Notes,
    Number,
    One,
    Text,
    moment,
    valid_id,
)

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

#: In the order in which they are read: what is pointed at comes after what points at it, hence is
#: at least as new.
COLLECTIONS = ("jobs", "estimates", "properties", "clients", "users", "branches", "roles")


@dataclass(frozen=True, slots=True)
class Document:
    """One document as we keep it: relations in `fields` are ids; `refs` (`clients:40`), sorted."""

    collection: str
    id: int
    created_at: datetime | None
    updated_at: datetime
    fields: dict[str, JSON]
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A document that cannot be kept. `digest` is the same while what is wrong is the same.

    `lacks`: fields that it must have and that did not come at all.
    """

    collection: str
    id: int | None
    updated_at: datetime | None
    reason: str
    digest: str
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PointsAt:
    """Marks a field as a relation to another collection."""

    collection: str


class _Source(BaseModel):
    """What every collection has; each adds the fields that we keep, under Attic Tech's names.

    Payload sends every field that we may read, empty ones too: where one does not come at all, what
    it holds is unknown and not empty. Those by which jobs, their leaders and their readers are
    decided have no default, so that such a document is set aside. The others may not exist there.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Id
    created_at: Annotated[datetime | None, BeforeValidator(moment)] = Field(None, alias="createdAt")
    updated_at: Moment = Field(alias="updatedAt")


class _Job(_Source):
    name: Text = None
    status: Text
    job_estimate: Annotated[One, PointsAt("estimates")]
    assigned_crew: Annotated[Many, PointsAt("users")] = Field(alias="assignedCrew")


class _Estimate(_Source):
    name: Text = None
    status: Text
    user: Annotated[One, PointsAt("users")] = None
    branch: Annotated[One, PointsAt("branches")]
    client: Annotated[One, PointsAt("clients")] = None
    property: Annotated[One, PointsAt("properties")] = None
    final_price: Number = None
    labor_hours: Number = None
    crew_notes: Notes = None


class _Property(_Source):
    client: Annotated[One, PointsAt("clients")] = None
    address: Text = None
    city: Text = None
    state: Text = None
    postal_code: Text = Field(None, alias="postalCode")


class _Client(_Source):
    first_name: Text = Field(None, alias="firstName")
    last_name: Text = Field(None, alias="lastName")
    full_name: Text = Field(None, alias="fullName")
    phone: Text = None
    email: Text = None


class _User(_Source):
    name: Text = None
    email: Text = None
    phone: Text = None
    roles: Annotated[Many, PointsAt("roles")]
    branches: Annotated[Many, PointsAt("branches")] = []
    is_blocked: Flag = Field(False, alias="isBlocked")


class _Named(_Source):
    name: Text


_SOURCES: dict[str, type[_Source]] = {
    "jobs": _Job,
    "estimates": _Estimate,
    "properties": _Property,
    "clients": _Client,
    "users": _User,
    "branches": _Named,
    "roles": _Named,
}
_OURS = {"id", "created_at", "updated_at"}


def decode(collection: str, raw: object) -> Document | SetAside:
    """What we keep of one document of `collection`, or why not. Raises nothing, for any JSON."""
    try:
        source = _SOURCES[collection].model_validate(raw)
    except ValidationError as error:
        return _set_aside(collection, raw, error)
    return Document(
        collection,
        source.id,
        source.created_at,
        source.updated_at,
        source.model_dump(by_alias=True, exclude=_OURS),
        tuple(sorted(set(_refs(source)))),
    )


def _refs(source: _Source) -> Iterator[str]:
    for name, field in type(source).model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, PointsAt):
                value = getattr(source, name)
                for number in value if isinstance(value, list) else [value]:
                    if number is not None:
                        yield f"{mark.collection}:{number}"


def _set_aside(collection: str, raw: object, error: ValidationError) -> SetAside:
    """The stamp takes no part in the digest: a bad document saved again is still the same one."""
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    lacks = frozenset(str(item["loc"][0]) for item in wrong if item["type"] == "missing")
    reason = "; ".join(
        ": ".join([*(str(part) for part in item["loc"]), item["msg"].removeprefix("Value error, ")])
        if item["type"] != "missing"
        else f"{item['loc'][0]}: does not come with Attic Tech's answer"
        for item in wrong
    )
    mapping: dict[str, Any] = raw if isinstance(raw, dict) else {}
    kept = [field.alias or name for name, field in _SOURCES[collection].model_fields.items()]
    content = {key: mapping.get(key) for key in kept if key != "updatedAt"} if mapping else raw
    text = json.dumps([reason, content], sort_keys=True, default=repr)
    return SetAside(
        collection,
        valid_id(mapping.get("id")),
        moment(mapping.get("updatedAt")),
        reason,
        hashlib.sha256(text.encode()).hexdigest()[:16],
        lacks - {"id", "updatedAt"},
    )


def lacked_by_all(answered: Sequence[Document | SetAside]) -> str | None:
    """A field that none of these has, if there is one."""
    lacks = [one.lacks if isinstance(one, SetAside) else frozenset() for one in answered]
    return min(frozenset.intersection(*lacks), default=None) if lacks else None
