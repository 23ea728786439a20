"""What Attic Tech calls the seven collections. Pure.

Our words for them are used everywhere but in addresses. `users`, `jobs`, `job-estimates` and
`branches` are proven names of the live system; `clients`, `properties` and `roles` are known there
only as what comes populated within estimates and users. What no name leads to is taken from there,
which is never wrong, so no further names are guessed: another collection of that name could be
about something else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from sync.attic_tech.documents import COLLECTIONS, fields_of, points_at
from sync.attic_tech.protocol import FLAT, IDS_AT_ONCE, Shape, deep

#: In the order in which they are tried.
CANDIDATES: Mapping[str, tuple[str, ...]] = {name: (name,) for name in COLLECTIONS} | {
    "estimates": ("job-estimates", "estimates"),
}
#: What can do without a collection of its own: something that is read shows it populated.
EMBEDDABLE = frozenset({"properties", "clients", "roles"})
_LARGE_AT_ONCE = 100
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Look(Enum):
    """What there is under a name."""

    OPEN = auto()
    CLOSED = auto()  # 403 to a fresh token: we have no right
    ABSENT = auto()  # 404 for the whole collection


@dataclass(frozen=True, slots=True)
class Names:
    """Each collection's name; None: had only within what points at it."""

    slugs: Mapping[str, str | None]

    def slug(self, collection: str) -> str:
        """How Attic Tech calls it; our own word where it has no such collection."""
        return self.slugs.get(collection) or collection

    @property
    def had(self) -> tuple[str, ...]:
        """Collections that are had by themselves, as they are read."""
        return tuple(name for name in COLLECTIONS if name not in self.embedded)

    @property
    def embedded(self) -> frozenset[str]:
        """The collections that are had only within what points at them."""
        return frozenset(name for name, slug in self.slugs.items() if slug is None)

    def depth(self, collection: str) -> int:
        """How deep to ask for it: 0 where nothing is embedded."""
        below = points_at(collection) & self.embedded
        return max((1 + self.depth(target) for target in below), default=0)

    def shape(self, collection: str) -> Shape:
        """How to show its documents with what is embedded in them."""
        depth = self.depth(collection)
        return deep(depth, fields_of(collection)) if depth else FLAT

    def at_once(self, collection: str) -> int:
        """How many to ask for at once: with others within they are large."""
        return _LARGE_AT_ONCE if self.depth(collection) else IDS_AT_ONCE

    def __str__(self) -> str:
        shown = ", ".join(
            name if self.slug(name) == name else f"{name} ({self.slug(name)})" for name in self.had
        )
        within = ", ".join(name for name in COLLECTIONS if name in self.embedded)
        return f"{shown}; within what points at them: {within}" if within else shown


#: As we call them ourselves.
OURS = Names({name: name for name in COLLECTIONS})


def parse(text: str) -> dict[str, str]:
    """Names that somebody gave: `estimates=job-estimates,clients=customers`. Raises ValueError."""
    pairs = [*_pairs(text)]
    given = dict(pairs)
    if len(given) != len(pairs) or len(set(given.values())) != len(pairs):
        raise ValueError("a collection or a name that comes twice")
    return given


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(str.strip, text.split(",")):
        collection, _, slug = (word.strip() for word in part.partition("="))
        if collection not in COLLECTIONS or not _SLUG.fullmatch(slug):
            raise ValueError("no name of a collection")
        yield collection, slug
