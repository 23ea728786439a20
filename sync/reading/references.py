"""What documents point at and the mirror lacks is fetched before anything is decided.

What Attic Tech does not give us is remembered as hidden: it is asked for again only when something
that points at it changed, or something in its own collection.
"""

from sync.reading import store
from sync.reading.comparing import fetch
from sync.reading.keeping import Reading


async def close_references(reading: Reading) -> None:
    """Fetch what is pointed at, and what that points at, until nothing is missing."""
    asked: set[tuple[str, int]] = set()
    embedded = reading.source.names.embedded  # only what points at them can show them
    while missing := _without(asked, embedded, await store.load_missing(reading.connection)):
        for collection, ids in missing.items():
            given = await fetch(reading, collection, ids)
            hidden = [id for id in ids if id not in given]
            if hidden:
                await store.hide(reading.connection, collection, hidden)
            asked |= {(collection, id) for id in ids}


def _without(
    asked: set[tuple[str, int]], embedded: frozenset[str], missing: dict[str, list[int]]
) -> dict[str, list[int]]:
    """What is missing, can be asked for, and was not in this reading."""
    left = {
        collection: [id for id in ids if (collection, id) not in asked]
        for collection, ids in missing.items()
        if collection not in embedded
    }
    return {collection: ids for collection, ids in left.items() if ids}
