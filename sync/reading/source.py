"""What the reading asks of Attic Tech: the client's methods, as far as they are used here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sync.attic_tech.documents import Document, SetAside
from sync.attic_tech.errors import AtticTechError
from sync.attic_tech.names import Look, Names
from sync.attic_tech.pages import Listing, Newest, Page


class Source(Protocol):
    """Attic Tech, or what a test puts in its place. Every method raises `AtticTechError`s.

    `names`: what it calls the collections, for all that is asked from then on; `given`: what the
    settings say of that; `account`: stands for who asks where.
    """

    names: Names
    given: Mapping[str, str]
    account: str

    async def look(self, slug: str) -> Look:
        """What there is under this name."""

    async def newest(self, collection: str) -> Newest:
        """The newest stamp of a collection."""

    async def page(self, collection: str, *, since: datetime, after: int, limit: int = ...) -> Page:
        """The next documents with `updatedAt >= since` and `id > after`, by id."""

    async def stamps(self, collection: str, *, after: int, limit: int = ...) -> Listing:
        """The next ids with their stamps, of everything with `id > after`, by id."""

    async def fetch(self, collection: str, ids: Sequence[int]) -> Page:
        """The documents with these ids, as far as Attic Tech gives them."""

    async def by_id(self, collection: str, id: int) -> Document | SetAside | None:
        """One document; None for a 404."""


_Answer = TypeVar("_Answer")


class Reported(Source):
    """The same source; `said(answered)` is awaited after every request.

    Documents that are asked for one by one take as long as they like, and nothing is committed
    meanwhile: who waits for a sign of life gets it here.
    """

    def __init__(self, source: Source, said: Callable[[bool], Awaitable[None]]) -> None:
        self._source, self._said = source, said

    @property
    def names(self) -> Names:
        """As the source's."""
        return self._source.names

    @names.setter
    def names(self, names: Names) -> None:
        self._source.names = names

    @property
    def given(self) -> Mapping[str, str]:  # type: ignore[override]
        """As the source's."""
        return self._source.given

    @property
    def account(self) -> str:  # type: ignore[override]
        """As the source's."""
        return self._source.account

    async def look(self, slug: str) -> Look:
        """As the source's."""
        return await self._report(self._source.look(slug))

    async def newest(self, collection: str) -> Newest:
        """As the source's."""
        return await self._report(self._source.newest(collection))

    async def page(self, collection: str, *, since: datetime, after: int, limit: int = 500) -> Page:
        """As the source's."""
        page = self._source.page(collection, since=since, after=after, limit=limit)
        return await self._report(page)

    async def stamps(self, collection: str, *, after: int, limit: int = 1000) -> Listing:
        """As the source's."""
        return await self._report(self._source.stamps(collection, after=after, limit=limit))

    async def fetch(self, collection: str, ids: Sequence[int]) -> Page:
        """As the source's."""
        return await self._report(self._source.fetch(collection, ids))

    async def by_id(self, collection: str, id: int) -> Document | SetAside | None:
        """As the source's."""
        return await self._report(self._source.by_id(collection, id))

    async def _report(self, request: Awaitable[_Answer]) -> _Answer:
        try:
            answer = await request
        except AtticTechError:
            await self._said(False)
            raise
        await self._said(True)
        return answer
