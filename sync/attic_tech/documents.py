"""Documents of Attic Tech's seven collections: what we keep of each, and why one cannot be kept.

Pure. A document becomes a `Document` (its projected fields, what it points at) or, when jsonb
cannot hold it or it is not what its collection promises, a `SetAside`; nothing is raised, so that
one bad document stops no page. Unknown fields are ignored. Whether what a document points at exists
is not decided here.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
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
    Spare,
    SpareNumber,
    Text,
    group,
    moment,
    valid_id,
)

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

#: In the order in which they are read: what is pointed at comes after what points at it, hence is
#: at least as new.
COLLECTIONS = ("jobs", "estimates", "properties", "clients", "users", "branches", "roles")


@dataclass(frozen=True, slots=True)
class Document:
    """One document as we keep it: relations in `fields` are ids; `refs` (`clients:40`), sorted.

    `carried`: documents of other collections that came populated within it and are had only so.
    """

    collection: str
    id: int
    created_at: datetime | None
    updated_at: datetime
    fields: dict[str, JSON]
    refs: tuple[str, ...]
    carried: "tuple[Document | SetAside, ...]" = ()


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


class _Contact(BaseModel):
    phone: Spare = None
    email: Spare = None


class _TaxDetails(BaseModel):
    final_price_after_taxes: SpareNumber = None


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
    phone: Spare = None
    email: Spare = None
    contact: Annotated[_Contact | None, BeforeValidator(group)] = None
    tax_details: Annotated[_TaxDetails | None, BeforeValidator(group)] = None


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


def fields_of(collection: str) -> list[str]:
    """Attic Tech's names for all that is kept of a document."""
    return [field.alias or name for name, field in _SOURCES[collection].model_fields.items()]


def points_at(collection: str) -> frozenset[str]:
    """The collections that documents of this one point at."""
    return frozenset(target for _, _, target in _relations(collection))


def decode(
    collection: str, raw: object, embedded: Collection[str] = frozenset()
) -> Document | SetAside:
    """What we keep of one document of `collection`, or why not. Raises nothing, for any JSON.

    Documents of the collections `embedded` are taken from where they are populated.
    """
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
        tuple(sorted(set(_refs(collection, source)))),
        tuple(_carried(collection, raw, embedded)) if isinstance(raw, dict) else (),
    )


def _relations(collection: str) -> Iterator[tuple[str, str, str]]:
    """Name here, name in Attic Tech, target of every relation."""
    for name, field in _SOURCES[collection].model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, PointsAt):
                yield name, field.alias or name, mark.collection


def _refs(collection: str, source: _Source) -> Iterator[str]:
    for name, _, target in _relations(collection):
        value = getattr(source, name)
        for number in value if isinstance(value, list) else [value]:
            if number is not None:
                yield f"{target}:{number}"


def _carried(
    collection: str, raw: Mapping[str, Any], embedded: Collection[str]
) -> Iterator[Document | SetAside]:
    for _, name, target in _relations(collection):
        value = raw.get(name) if target in embedded else None
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield decode(target, _stamped(one, raw), embedded)


def _stamped(one: dict[str, Any], parent: Mapping[str, Any]) -> dict[str, Any]:
    """What came within `parent`; a rule about fields may have taken its stamp away."""
    stamp = one if moment(one.get("updatedAt")) else parent
    return {**one, "updatedAt": stamp.get("updatedAt")}


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
    kept = [key for key in fields_of(collection) if key != "updatedAt"]
    content = {key: mapping.get(key) for key in kept} if mapping else raw
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
