"""Any day: whatever people do in Attic Tech while it is read, the mirror says what it says."""

import random
from typing import Any

import pytest

from sync.attic_tech.documents import COLLECTIONS, Document, decode
from sync.attic_tech.errors import AtticTechError
from tests.attic import CHRIS, LEADER, Attic
from tests.thorough import examples

STATES = ("Requires Crew Lead", "Plans In Progress", "Closed Job")

#: What a day may delete, and what points there.
POINTS_AT = (
    ("jobs", "job_estimate", "estimates"),
    ("estimates", "client", "clients"),
    ("properties", "client", "clients"),
)


class Day:
    """A day of work, the same for the same seed; no write lasts longer than the overlap."""

    def __init__(self, attic: Attic, seed: int) -> None:
        self.attic, self.dice = attic, random.Random(seed)

    def happens(self) -> None:
        """One thing or none."""
        some = self.dice.choice(
            (self._edit, self._edit, self._create, self._delete, self._bulk, int)
        )
        some()
        self.attic.later(self.dice.choice((0, 0, 0.2, 3, 50)))

    def _edit(self) -> None:
        for collection, fields in self._changes():
            if ids := list(self.attic.documents(collection)):
                self.attic.patch(collection, self.dice.choice(ids), **fields)

    def _create(self) -> None:
        for collection, fields in self._changes():
            self.attic.create(collection, **fields)

    def _delete(self) -> None:
        collection = self.dice.choice(("jobs", "estimates", "clients", "properties"))
        if ids := list(self.attic.documents(collection)):
            self.attic.delete(collection, self.dice.choice(ids))

    def _bulk(self) -> None:
        """Stamped now, visible up to 100 seconds later, past newer stamps of others."""
        ids = list(self.attic.documents("jobs"))
        with self.attic.transaction() as bulk:
            for job in self.dice.sample(ids, len(ids) // 2):
                bulk.patch("jobs", job, {"status": self.dice.choice(STATES)})
            self.attic.later(self.dice.uniform(0, 100))
            self._create()

    def _changes(self) -> list[tuple[str, dict[str, Any]]]:
        word = f"w{self.dice.random()}"
        clients = [*self.attic.documents("clients"), None]
        estimates = [*self.attic.documents("estimates"), None]
        crew = [CHRIS] * self.dice.randint(0, 1)
        job = {"status": word, "assignedCrew": crew, "job_estimate": self.dice.choice(estimates)}
        return self.dice.choices(
            (
                ("jobs", {"name": word, **job}),
                ("estimates", {"name": word, "client": self.dice.choice(clients)}),
                ("clients", {"fullName": word}),
                ("properties", {"address": word, "client": self.dice.choice(clients)}),
                ("users", {"name": word, "roles": [LEADER]}),
            ),
            k=2,
        )


def said_by(attic: Attic) -> dict[str, dict[int, Any]]:
    """The fields of everything that is in Attic Tech now."""
    decoded = {
        collection: [decode(collection, dict(row)) for row in attic.documents(collection).values()]
        for collection in COLLECTIONS
    }
    return {
        collection: {one.id: one.fields for one in found if isinstance(one, Document)}
        for collection, found in decoded.items()
    }


def as_deciding_sees(
    kept: dict[str, dict[int, Any]], said: dict[str, dict[int, Any]]
) -> dict[str, dict[int, Any]]:
    """What points at something that is gone counts as null: a deletion moves no stamp of it."""
    for collection, field, target in POINTS_AT:
        for fields in kept[collection].values():
            if fields[field] not in said[target]:
                fields[field] = None
    return kept


@pytest.mark.parametrize("seed", range(examples(3, 8)))
async def test_the_mirror_says_what_attic_tech_says(attic, mirror, client, seed):
    day = Day(attic, seed)
    client.size = 3
    for _ in range(12):
        for _ in range(4):
            day.happens()
        client.between = day.happens
        if day.dice.random() < 0.4:  # this run is cut off somewhere
            attic.faults.add("status", status=503, skip=day.dice.randint(0, 25))
        try:
            await mirror.read()
        except AtticTechError:
            attic.faults.clear()
    client.between = None
    await mirror.read()
    said = said_by(attic)
    kept = as_deciding_sees(await mirror.whole(), said)
    assert {name: {id: kept[name].get(id) for id in said[name]} for name in said} == said
    await mirror.read(full=True, accept=True)
    assert as_deciding_sees(await mirror.whole(), said) == said
