"""What an answer's JSON holds: a stamp, a page, or a listing.

Pure. An answer that does not fit its question (a filter or a limit that was ignored, ids that do
not grow) is an error and never half believed: it could hide documents, or keep us reading for ever.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync.attic_tech.documents import LARGEST_ID, Document, SetAside, decode, moment, valid_id
from sync.attic_tech.errors import AtticTechBroken, ignored

#: Payload keeps and compares milliseconds.
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stamp (None: nothing is there), and the answer's `Date`."""

    stamp: datetime | None
    date: datetime

    @property
    def bound(self) -> datetime | None:
        """The stamp, never later than the answer: the future holds nothing up."""
        return self.stamp and min(self.stamp, self.date)


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Some documents in the order of their ids, also those that cannot be kept.

    Go on with `after=last_id` while `has_next`.
    """

    documents: tuple[Document | SetAside, ...]
    has_next: bool
    last_id: int | None
    date: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Ids and stamps of some documents, by id; None: cannot be read."""

    stamps: tuple[tuple[int, datetime | None], ...]
    has_next: bool
    last_id: int | None
    date: datetime


def read_newest(collection: str, data: Any, date: datetime) -> Newest:
    """The newest stamp in an answer to `ask_newest` or `ask_any`."""
    docs, _ = _docs(collection, data, limit=1)
    return Newest(moment(_value(docs[0], "updatedAt")) if docs else None, date)


def check_empty(collection: str, data: Any, date: datetime) -> None:
    """Raise `AtticTechBroken` if the answer to `ask_any` has a stamp that `ask_newest` did not see:
    then the server does not read dates as we write them, and "no rows" says nothing."""
    if read_newest(collection, data, date).stamp is not None:
        raise ignored(collection, "the date")


def joined(parts: Sequence[DocumentPage], now: datetime) -> DocumentPage:
    """Several pages as one, dated as the first: never too late."""
    return DocumentPage(
        tuple(document for part in parts for document in part.documents),
        has_next=False,
        last_id=parts[-1].last_id if parts else None,
        date=parts[0].date if parts else now,
    )


def read_page(
    collection: str,
    data: Any,
    date: datetime,
    *,
    since: datetime,
    after: int,
    limit: int,
    embedded: Collection[str] = (),
) -> DocumentPage:
    """The page in an answer to `ask_page`. Raises `AtticTechBroken`, `AtticTechRefused`."""
    docs, has_next = _docs(collection, data, limit=limit)
    last = _last_id(collection, docs, after)
    read = tuple(decode(collection, raw, embedded) for raw in docs)
    oldest = since - _MILLISECOND
    if any(isinstance(one, Document) and one.updated_at <= oldest for one in read):
        raise ignored(collection, "the date")
    return DocumentPage(read, has_next and _more_after(last), last, date)


def read_chosen(
    collection: str,
    data: Any,
    date: datetime,
    ids: Collection[int],
    embedded: Collection[str] = (),
) -> DocumentPage:
    """The page in an answer to `ask_ids`."""
    docs, has_next = _docs(collection, data, limit=len(ids))
    last = _last_id(collection, docs, 0)
    if any(valid_id(_value(raw, "id")) not in ids for raw in docs):
        raise ignored(collection, "the ids")
    return DocumentPage(
        tuple(decode(collection, raw, embedded) for raw in docs), has_next, last, date
    )


def read_listing(collection: str, data: Any, date: datetime, *, after: int, limit: int) -> Listing:
    """The listing in an answer to `ask_stamps`. Ids that our columns cannot hold are left out."""
    docs, has_next = _docs(collection, data, limit=limit)
    last = _last_id(collection, docs, after)
    stamps = tuple(
        (number, moment(_value(raw, "updatedAt")))
        for raw in docs
        if (number := valid_id(_value(raw, "id"))) is not None
    )
    return Listing(stamps, has_next and _more_after(last), last, date)


def read_one(
    collection: str, data: Any, id: int, embedded: Collection[str] = ()
) -> Document | SetAside | None:
    """The document in an answer to `ask_id`; None for a 404."""
    if data is None:
        return None
    if _value(data, "id") != id:
        raise ignored(collection, "the id")
    return decode(collection, data, embedded)


def _docs(collection: str, data: Any, *, limit: int) -> tuple[list[Any], bool]:
    docs, has_next = _value(data, "docs"), _value(data, "hasNextPage")
    if not isinstance(docs, list) or not isinstance(has_next, bool):
        raise AtticTechBroken(
            f"Attic Tech's answer to a request for {collection} is not a list of documents.",
            "not_a_list",
        )
    if len(docs) > limit:
        raise ignored(collection, "the limit")
    return docs, has_next and bool(docs)


def _last_id(collection: str, docs: Sequence[Any], after: int) -> int | None:
    """The id after which to go on, None after nothing."""
    ids = [number for raw in docs if type(number := _value(raw, "id")) is int]
    if any(later <= earlier for earlier, later in zip([after, *ids], ids, strict=False)):
        raise ignored(collection, "the order of ids")
    if docs and not ids:
        raise AtticTechBroken(
            f"No document of {collection} in Attic Tech's answer has an integer id.", "no_ids"
        )
    return min(ids[-1], LARGEST_ID) if ids else None


def _more_after(last: int | None) -> bool:
    """Whether there can be more that we could hold."""
    return last is not None and last < LARGEST_ID


def _value(raw: Any, key: str) -> Any:
    return raw.get(key) if isinstance(raw, dict) else None
