"""What the reading asks of Attic Tech: the client's methods, as far as they are used here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sync.attic_tech.documents import Document, SetAside
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
