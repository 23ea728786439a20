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

from sync.attic_tech.documents import COLLECTIONS, points_at

#: In the order in which they are tried.
CANDIDATES: Mapping[str, tuple[str, ...]] = {name: (name,) for name in COLLECTIONS} | {
    "estimates": ("job-estimates", "estimates"),
}
#: What can do without a collection of its own: something that is read shows it populated.
EMBEDDABLE = frozenset({"properties", "clients", "roles"})
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Look(Enum):
    """What there is under a name."""

    OPEN = auto()
    CLOSED = auto()  # 403 to a fresh token: we have no right
    ABSENT = auto()  # 404 for the whole collection


@dataclass(frozen=True, slots=True)
class Names:
    """The name of each collection; None for one that is had only within what points at it."""

    slugs: Mapping[str, str | None]

    def slug(self, collection: str) -> str:
        """How Attic Tech calls it; our own word where it has no such collection."""
        return self.slugs.get(collection) or collection

    @property
    def embedded(self) -> frozenset[str]:
        """The collections that are had only within what points at them."""
        return frozenset(name for name, slug in self.slugs.items() if slug is None)

    def depth(self, collection: str) -> int:
        """How deep to ask for it, so that what is embedded in it is shown: 0 where nothing is."""
        below = points_at(collection) & self.embedded
        return max((1 + self.depth(target) for target in below), default=0)

    def __str__(self) -> str:
        had = [name for name in COLLECTIONS if name not in self.embedded]
        shown = ", ".join(
            name if self.slug(name) == name else f"{name} ({self.slug(name)})" for name in had
        )
        within = ", ".join(name for name in COLLECTIONS if name not in had)
        return f"{shown}; within what points at them: {within}" if within else shown


#: As we call them ourselves.
OURS = Names({name: name for name in COLLECTIONS})


def parse(text: str) -> dict[str, str]:
    """Names that somebody gave: `estimates=job-estimates,clients=customers`. Raises ValueError."""
    given = dict(_pairs(text))
    if len(given) != len([*_pairs(text)]):
        raise ValueError("a collection that comes twice")
    return given


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(str.strip, text.split(",")):
        collection, _, slug = (word.strip() for word in part.partition("="))
        if collection not in COLLECTIONS or not _SLUG.fullmatch(slug):
            raise ValueError("no name of a collection")
        yield collection, slug
