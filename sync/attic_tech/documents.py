"""Documents of the seven collections: what we keep of each, and what not.

Pure. A document becomes a `Document` (its projected fields, what it points at) or, when jsonb
cannot hold it or it is not what its collection promises, a `SetAside`; nothing is raised, so that
one bad document stops no page. Unknown fields are ignored. Whether what a document points at exists
is not decided here.

Single values are read tolerantly, but strictly where it matters. Why one cannot be read never
quotes it: it may be somebody's phone.
"""

import hashlib
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sync.texts import one_line, several_lines

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


_T = TypeVar("_T")

#: Ids live in integer columns, Payload's as ours.
LARGEST_ID = 2**31 - 1
#: Beyond this no price and no hours are meant, and PostgreSQL's casts would fail.
_LARGEST_NUMBER = 1e15


def valid_id(value: object) -> int | None:
    """The id, if it is one that an integer column can hold."""
    return value if type(value) is int and 1 <= value <= LARGEST_ID else None


def moment(value: object) -> datetime | None:
    """The instant that Attic Tech wrote (`2026-11-24T02:08:13.264Z`), in UTC; else None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _id(value: object) -> int:
    if (number := valid_id(value)) is None:
        raise ValueError(f"not an id between 1 and {LARGEST_ID}")
    return number


def _moment(value: object) -> datetime:
    if (parsed := moment(value)) is None:
        raise ValueError("not a date")
    return parsed


def _text(value: object) -> str | None:
    if value is None:
        return None
    if type(value) in (int, float):  # a phone that was typed into a number field
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("not text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds half a character (a lone surrogate)")
    return value


def _line(value: object) -> str | None:
    return (text := _text(value)) and one_line(text)


def _lines(value: object) -> str | None:
    return (text := _text(value)) and several_lines(text)


def _number(value: object) -> int | float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):  # PostgreSQL's numeric comes as text from some versions
        value = _float(value)
    if type(value) not in (int, float) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
        raise ValueError("not a finite number of this world")
    return value


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # its own words quote the text
        return None


def _flag(value: object) -> bool:
    if value is not None and value not in (0, 1):  # a checkbox, or SQLite's idea of one
        raise ValueError("neither true nor false")
    return bool(value)


def _one(value: object) -> int | None:
    """The id of a relation: shown as an id, an object, or null."""
    if value is None:
        return None
    return _id(value["id"] if isinstance(value, dict) and "id" in value else value)


def _many(value: object) -> list[int]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("not a list")
    ids = (_one(item) for item in value)
    return list(dict.fromkeys(number for number in ids if number is not None))


def group(value: object) -> object:
    """A group of fields; None for whatever else bears its name."""
    return value if isinstance(value, dict) else None


def _spare(read: Callable[[object], _T]) -> Callable[[object], _T | None]:
    """Reads what stands in for something else: no reason to set a document aside."""

    def tolerant(value: object) -> _T | None:
        try:
            return read(value)
        except ValueError:
            return None

    return tolerant


Id = Annotated[int, BeforeValidator(_id)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Text = Annotated[str | None, BeforeValidator(_line)]
Notes = Annotated[str | None, BeforeValidator(_lines)]
Number = Annotated[int | float | None, BeforeValidator(_number)]
Spare = Annotated[str | None, BeforeValidator(_spare(_line))]
SpareNumber = Annotated[int | float | None, BeforeValidator(_spare(_number))]
Flag = Annotated[bool, BeforeValidator(_flag)]
One = Annotated[int | None, BeforeValidator(_one)]
Many = Annotated[list[int], BeforeValidator(_many)]


class _Source(BaseModel):
    """What every collection has; each adds its own, under Attic Tech's names.

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
    """The digest leaves out the stamp: saved again it is still the same."""
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
