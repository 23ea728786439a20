"""Asking one by one, so that one bad document hides no other.

An answer that fails while a listing works is a matter of a document in it: ids and stamps are
listed, each document is fetched alone, and what cannot be given even so is set aside. When nothing
works, Attic Tech is down, and the first failure is raised.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from sync.attic_tech.client import AtticTech
from sync.attic_tech.documents import Document, SetAside
from sync.attic_tech.errors import AnswerTooLarge, AtticTechError, AtticTechUnavailable
from sync.attic_tech.pages import DocumentPage, Listing, Newest

#: Documents fetched one by one before they are stored.
_LISTED = 100
_SERVER_ERROR = 500


async def ask_newest(source: AtticTech, collection: str) -> Newest:
    """The newest stamp, even if the document that bears it cannot be given."""
    try:
        return await source.newest(collection)
    except AtticTechError as failure:
        await _raise_when_down(source, collection, failure)
    listings = [listing async for listing in list_all(source, collection)]
    stamps = [stamp for listing in listings for _, stamp in listing.stamps if stamp is not None]
    return Newest(max(stamps, default=None), listings[0].date)


async def list_all(source: AtticTech, collection: str) -> AsyncIterator[Listing]:
    """The complete listing of a collection, answer by answer."""
    after: int | None = 0
    while after is not None:
        listing = await source.stamps(collection, after=after)
        yield listing
        after = listing.last_id if listing.has_next else None


async def ask_page(source: AtticTech, collection: str, since: datetime, after: int) -> DocumentPage:
    """The next page, as a whole or as far as can be."""
    try:
        return await source.page(collection, since=since, after=after)
    except AtticTechError as failure:
        await _raise_when_down(source, collection, failure)
    return await _listed_page(source, collection, since, after)


async def ask_ids(
    source: AtticTech, collection: str, ids: Sequence[int]
) -> tuple[Document | SetAside, ...]:
    """Those of these documents that Attic Tech gives, or cannot give."""
    try:
        return (await source.fetch(collection, ids)).documents
    except AtticTechError as failure:
        await _raise_when_down(source, collection, failure)
    return await _each(source, collection, dict.fromkeys(ids))


async def ask_id(
    source: AtticTech, collection: str, id: int, stamp: datetime | None = None
) -> Document | SetAside | None:
    """One document, None for a 404. What cannot be given is no absence."""
    try:
        return await source.by_id(collection, id)
    except AtticTechError as failure:
        await _raise_when_down(source, collection, failure)
        status = getattr(failure, "status", None)
        return SetAside(collection, id, stamp, failure.sentence, f"{failure.cause}:{status}")


async def _listed_page(
    source: AtticTech, collection: str, since: datetime, after: int
) -> DocumentPage:
    while True:
        listing = await source.stamps(collection, after=after, limit=_LISTED)
        wanted = {id: stamp for id, stamp in listing.stamps if stamp is None or stamp >= since}
        found = await _each(source, collection, wanted)
        # An empty page would end the scan, so go on to one that is not, or to the end.
        if found or not listing.has_next or listing.last_id is None:
            break
        after = listing.last_id
    return DocumentPage(found, listing.has_next, listing.last_id, listing.date)


async def _each(
    source: AtticTech, collection: str, stamps: Mapping[int, datetime | None]
) -> tuple[Document | SetAside, ...]:
    answers = [await ask_id(source, collection, id, stamp) for id, stamp in stamps.items()]
    return tuple(one for one in answers if one is not None)


async def _raise_when_down(source: AtticTech, collection: str, failure: AtticTechError) -> None:
    """Raise the failure unless it can be about one answer and a listing succeeds."""
    if not _may_be_about_one_answer(failure):
        raise failure
    try:
        await source.stamps(collection, after=0, limit=1)
    except AtticTechError:
        raise failure from None


def _may_be_about_one_answer(failure: AtticTechError) -> bool:
    if isinstance(failure, AtticTechUnavailable):
        return failure.status is not None and failure.status >= _SERVER_ERROR
    return isinstance(failure, AnswerTooLarge)
