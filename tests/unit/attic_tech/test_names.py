"""The names of Attic Tech's collections, and how deep one asks where some have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attic_tech.documents import COLLECTIONS, points_at
from sync.attic_tech.names import CANDIDATES, EMBEDDABLE, OURS, Names, parse


def without(*embedded: str) -> Names:
    return Names({**OURS.slugs, **dict.fromkeys(embedded)})


@pytest.mark.parametrize(
    ("embedded", "depths"),
    [
        ((), {}),
        (("clients",), {"estimates": 1, "properties": 1}),
        (("properties",), {"estimates": 1}),
        (("clients", "properties"), {"estimates": 2, "properties": 1}),
        (("roles",), {"users": 1}),
        (("clients", "properties", "roles"), {"estimates": 2, "properties": 1, "users": 1}),
    ],
)
def test_one_asks_as_deep_as_shows_what_is_embedded(
    embedded: tuple[str, ...], depths: dict[str, int]
):
    names = without(*embedded)
    assert {name: d for name in COLLECTIONS if (d := names.depth(name))} == depths


def test_every_collection_has_a_name_to_try_and_what_is_embedded_is_pointed_at():
    assert list(CANDIDATES) == list(COLLECTIONS)
    assert CANDIDATES["estimates"] == ("job-estimates", "estimates")
    shown = {target for name in COLLECTIONS for target in points_at(name)}
    assert shown >= EMBEDDABLE


def test_names_in_words():
    names = Names({**OURS.slugs, "estimates": "job-estimates", "clients": None, "roles": None})
    assert str(OURS) == ", ".join(COLLECTIONS)
    assert str(names) == (
        "jobs, estimates (job-estimates), properties, users, branches; "
        "within what points at them: clients, roles"
    )


@given(
    st.text() | st.lists(st.sampled_from(["jobs=a", "jobs", "=", ",", " ", "nope=a"])).map("".join)
)
def test_what_is_given_is_names_or_refused(text: str):
    try:
        names = parse(text)
    except ValueError:
        return
    assert set(names) <= set(COLLECTIONS)
    assert all(slug and "/" not in slug and " " not in slug for slug in names.values())
