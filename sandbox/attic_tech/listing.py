"""Lists: which documents, in which order, which page of them, and the numbers that Payload puts
around a page.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.attic_tech.answers import broken
from sandbox.attic_tech.schema import QUERYABLE, Kind, Row
from sandbox.attic_tech.store import Store

#: Rows that a sort leaves equal come in any order from PostgreSQL; here in another each time.
_ANY_ORDER = random.Random(2026)


def chosen(store: Store, collection: str, test: Callable[[Row], bool], sort: Any) -> list[Row]:
    """The documents that pass `test`, in the order of `sort`."""
    keys = _sort_keys(collection, sort)
    rows = [row for row in store.rows[collection].values() if test(row)]
    if keys[0] == ("id", False):
        return rows
    if not any(name == "id" for name, _ in keys):
        _ANY_ORDER.shuffle(rows)
    for name, descending in reversed(keys):
        rows.sort(key=_sort_value(store, collection, name), reverse=descending)
    return rows


def _sort_keys(collection: str, sort: Any) -> list[tuple[str, bool]]:
    """Fields with "descending?", unknown ones left out, `-createdAt` added where it is absent."""
    asked = sort if isinstance(sort, list) else str(sort or "").split(",")
    keys = [(name.lstrip("-"), name.startswith("-")) for name in map(str, asked)]
    known = [key for key in keys if key[0].split(".")[0] in QUERYABLE[collection]]
    if all(name != "createdAt" for name, _ in known):
        known.append(("createdAt", True))
    return known


def _sort_value(
    store: Store, collection: str, path: str
) -> Callable[[Row], tuple[bool, bool, Any]]:
    """A key that puts nulls last, as PostgreSQL does going up, and never compares text with
    numbers.
    """
    first, _, rest = path.partition(".")
    field = QUERYABLE[collection][first]

    def value(row: Row) -> tuple[bool, bool, Any]:
        held = row.get(first)
        if rest and field.kind is Kind.RELATION:
            below = store.rows[field.to].get(held) if isinstance(held, int) else None
            held = below.get(rest) if below else None
        return (
            held is None,
            isinstance(held, str),
            held if isinstance(held, str | int | float) else "",
        )

    return value


def page(rows: Sequence[Row], query: dict[str, Any], *, through_relation: bool) -> dict[str, Any]:
    """The envelope of a list; its `docs` are still stored documents.

    Raises:
        Refused: 500, the page or limit is one that PostgreSQL cannot use.
    """
    if query.get("pagination") == "false":
        rows = rows[: _whole(query["limit"])] if query.get("limit") else rows
        return _unpaged(rows, limit=_shown_number(query.get("limit", "0")), page=1)
    limit, number = query.get("limit", "10"), _whole(query.get("page", "1")) or 1
    size = _whole(limit)
    if number < 0:
        raise broken()
    if size is None or size <= 0:
        return _unlimited(rows, limit, size, number)
    return _paged(rows, size, number, through_relation=through_relation)


def _paged(
    rows: Sequence[Row], size: int, number: int, *, through_relation: bool
) -> dict[str, Any]:
    docs, total = rows[(number - 1) * size : number * size], len(rows)
    pages = math.ceil(total / size) or 1
    if not docs and through_relation:
        number, total, pages = 1, 0, 0
    earlier, later = number > 1, number < pages
    return {
        "docs": docs,
        "hasNextPage": later,
        "hasPrevPage": earlier,
        "limit": size,
        "nextPage": number + 1 if later else None,
        "page": number,
        "pagingCounter": (number - 1) * size + 1 if pages else 0,
        "prevPage": number - 1 if earlier else None,
        "totalDocs": total,
        "totalPages": pages,
    }


def _unlimited(rows: Sequence[Row], limit: str, size: int | None, number: int) -> dict[str, Any]:
    """An absent maximum: zero, empty, negative and senseless limits all give everything."""
    whole = _unpaged(rows, limit=_shown_number(limit), page=number)
    if size is None and limit:
        whole["pagingCounter"] = None
    elif size:
        whole["totalPages"] = math.ceil(len(rows) / size)
    return whole


def _unpaged(rows: Sequence[Row], *, limit: int | str, page: int) -> dict[str, Any]:
    return {
        "docs": rows,
        "hasNextPage": False,
        "hasPrevPage": False,
        "limit": limit,
        "nextPage": None,
        "page": page,
        "pagingCounter": 1,
        "prevPage": None,
        "totalDocs": len(rows),
        "totalPages": 1,
    }


def _shown_number(text: str) -> int | str:
    whole = _whole(text)
    return text if whole is None else whole


def _whole(text: Any) -> int | None:
    """The number; None for what is none.

    Raises:
        Refused: 500, a fraction or a key that came twice.
    """
    if not isinstance(text, str):
        raise broken()
    try:
        return int(text)
    except ValueError:
        if text.replace(".", "", 1).isdigit():
            raise broken() from None
        return None
