"""What one answer holds, with all that came within its documents."""

from datetime import UTC, datetime, timedelta

from sync.attic_tech.documents import Document, SetAside
from sync.mirror.store import with_carried

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def document(
    collection: str, id: int, *carried: Document | SetAside, age: int = 0, name: str = ""
) -> Document:
    stamp = NOW - timedelta(minutes=age)
    return Document(collection, id, None, stamp, {"name": name}, (), carried)


def test_what_comes_twice_is_kept_once_as_it_is_by_its_newest_stamp():
    old, new = (document("clients", 4, age=age, name=name) for age, name in ((9, "O"), (1, "N")))
    place = document("properties", 7, new)
    answered = [document("estimates", 1, old, place), document("estimates", 2, old)]
    assert with_carried(answered) == (*answered, new, place)


def test_ids_of_two_collections_are_not_mixed_up():
    role, client = document("roles", 4), document("clients", 4)
    user = document("users", 4, role)
    estimate = document("estimates", 4, client)
    assert with_carried([user, estimate]) == (user, estimate, role, client)


def test_what_cannot_be_kept_is_carried_like_the_rest():
    bad = SetAside("clients", 4, NOW, "fullName: not text", "d")
    estimate = document("estimates", 1, bad)
    assert with_carried([estimate]) == (estimate, bad)
