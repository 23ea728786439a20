"""What one answer of Attic Tech holds: the newest stamp, a page, a listing of ids and stamps."""

from dataclasses import dataclass
from datetime import datetime

from sync.attic_tech.documents import Document, SetAside


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stamp as Attic Tech wrote it (None: nothing is there), and the answer's `Date`."""

    stamp: datetime | None
    date: datetime

    @property
    def bound(self) -> datetime | None:
        """The newest stamp, never later than the answer: one from the future holds nothing up."""
        return self.stamp and min(self.stamp, self.date)


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents in the order of their ids. Go on with `after=last_id` while `has_next`."""

    documents: tuple[Document, ...]
    set_aside: tuple[SetAside, ...]
    has_next: bool
    last_id: int | None
    date: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """(id, updatedAt) of some documents, ordered by id; a stamp that cannot be read is None."""

    stamps: tuple[tuple[int, datetime | None], ...]
    has_next: bool
    last_id: int | None
    date: datetime
