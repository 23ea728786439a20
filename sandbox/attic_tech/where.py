"""`where` of a query turned into a test of one document, as Payload on PostgreSQL reads it."""

import json
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sandbox.attic_tech.answers import broken, not_queryable
from sandbox.attic_tech.dates import understood
from sandbox.attic_tech.schema import QUERYABLE, Field, Kind, Row
from sandbox.attic_tech.store import Store

Test: TypeAlias = Callable[[Row], bool]
Visible: TypeAlias = Callable[[str], bool]

_LARGEST_ID = 2**31 - 1
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "greater_than": operator.gt,
    "greater_than_equal": operator.ge,
    "less_than": operator.lt,
    "less_than_equal": operator.le,
}
_OPERATORS = {*_ORDERED, "equals", "not_equals", "in", "not_in", "exists", "like", "contains"}


@dataclass(slots=True)
class Filter:
    """A compiled `where`: whether a document passes, and whether it looks through relations."""

    store: Store
    visible: Visible
    through_relation: bool = False
    unknown: list[str] = field(default_factory=list)

    def compile(self, collection: str, where: Any) -> Test:
        """The test that `where` stands for.

        Raises:
            Refused: 400 for an unknown path or operator, 500 for a value PostgreSQL cannot cast.
        """
        test = self._all(collection, self._decoded(where))
        if self.unknown:
            raise not_queryable(self.unknown)
        return test

    @staticmethod
    def _decoded(where: Any) -> Any:
        if not isinstance(where, str) or not where:
            return where or {}
        try:
            return json.loads(where)
        except ValueError:
            raise broken() from None

    def _all(self, collection: str, where: Any) -> Test:
        if not isinstance(where, dict):
            return lambda row: True
        tests = [self._one(collection, key, value) for key, value in where.items()]
        return lambda row: all(test(row) for test in tests)

    def _one(self, collection: str, key: str, value: Any) -> Test:
        if key not in ("and", "or"):
            return self._field(collection, key, value)
        tests = [self._all(collection, part) for part in value if isinstance(part, dict)]
        if key == "or" and tests:
            return lambda row: any(test(row) for test in tests)
        return lambda row: all(test(row) for test in tests)

    def _field(self, collection: str, path: str, asked: Any) -> Test:
        if not isinstance(asked, dict):
            self.unknown += [f"{path}.{n}" for n in range(len(asked or ""))]
            return lambda row: False
        way = self._way(collection, path)
        self.unknown += [f"{path}.{name}" for name in asked if name not in _OPERATORS]
        if way is None or self.unknown:
            return lambda row: False
        tests = [_comparison(way[-1], name, value) for name, value in asked.items()]
        read = _reader(self.store, way)
        return lambda row: all(test(read(row)) for test in tests)

    def _way(self, collection: str, path: str) -> list[Field] | None:
        """The fields from here to the end of `path`; None, and a note in `unknown`, where a step
        does not exist.
        """
        way: list[Field] = []
        for step in path.split("."):
            if way:
                collection, self.through_relation = way[-1].to, True
            found = (
                QUERYABLE[collection].get(step) if collection and self.visible(collection) else None
            )
            if found is None:
                self.unknown.append(step)
                return None
            way.append(found)
        return way


def _reader(store: Store, way: list[Field]) -> Callable[[Row], list[Any]]:
    """What stands at the end of `way` for a document: no value, one, or several."""
    if len(way) == 1:
        name = way[0].name
        return lambda row: _values(row.get(name))

    def read(row: Row) -> list[Any]:
        rows: Iterable[Row] = (row,)
        for step in way[:-1]:
            shelf = store.rows[step.to]
            held = (one for here in rows for one in _values(here.get(step.name)))
            rows = [shelf[id_] for id_ in held if id_ in shelf]
        return [value for here in rows for value in _values(here.get(way[-1].name))]

    return read


def _values(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [] if held is None else [held]


def _comparison(field: Field, name: str, asked: Any) -> Callable[[list[Any]], bool]:
    if name == "exists":
        wanted = str(asked).lower() == "true"
        return lambda values: bool(values) is wanted
    if name in ("like", "contains"):
        return _words(field, name, str(asked))
    if name in _ORDERED:
        return _order(_ORDERED[name], _cast(field, asked))
    return _membership(field, name, asked)


def _membership(field: Field, name: str, asked: Any) -> Callable[[list[Any]], bool]:
    """`equals` and `in`, and their opposites: of several members one is enough, either way."""
    if name.endswith("equals"):
        if asked is None or (field.kind is Kind.RELATION and asked == "null"):
            return lambda values: bool(values) is (name == "not_equals")
        members = {_cast(field, asked)}
    else:
        members = {_listed_one(field, one) for one in _listed(field, asked)}
    if not name.startswith("not"):
        return lambda values: not members.isdisjoint(values)
    keeps_null = name == "not_equals" or field.kind is Kind.RELATION
    return lambda values: any(one not in members for one in values) if values else keeps_null


def _order(compare: Callable[[Any, Any], bool], bound: Any) -> Callable[[list[Any]], bool]:
    return lambda values: any(
        isinstance(value, type(bound) if isinstance(bound, str) else int | float)
        and compare(value, bound)
        for value in values
        if bound is not None
    )


def _words(field: Field, name: str, asked: str) -> Callable[[list[Any]], bool]:
    """`like` wants every word somewhere, `contains` the text as it is; an id is just equal."""
    if field.kind is Kind.DATE:
        raise broken()
    if field.kind is not Kind.TEXT:
        return _comparison(field, "equals", asked)
    words = asked.lower().split() if name == "like" else [asked.lower()]
    return lambda values: any(all(word in str(value).lower() for word in words) for value in values)


def _listed(field: Field, asked: Any) -> list[Any]:
    if isinstance(asked, list):
        return asked
    if asked == "" and field.name == "id":
        raise broken()
    return [one for one in str(asked).split(",") if one]


def _listed_one(field: Field, asked: Any) -> Any:
    """One member of a list; an id that is none crashes the query here, and only here."""
    value = _cast(field, asked)
    if value is None and field.name == "id":
        raise broken()
    return value


def _cast(field: Field, asked: Any) -> Any:
    """The value to compare stored ones with; None equals nothing, as in SQL."""
    if field.kind is Kind.DATE:
        return understood(asked)
    if field.kind is Kind.CHECKBOX:
        return str(asked).lower() == "true"
    if field.kind is Kind.TEXT or asked in (None, "null"):
        return None if asked in (None, "null") else str(asked)
    return _number(field, asked)


def _number(field: Field, asked: Any) -> int | float | None:
    try:
        number = float(asked)
    except (TypeError, ValueError):
        if field.kind is Kind.RELATION:
            raise broken() from None
        return None
    if field.kind is Kind.RELATION or field.name == "id":
        if abs(number) > _LARGEST_ID:
            raise broken()
        return int(number)
    return number
