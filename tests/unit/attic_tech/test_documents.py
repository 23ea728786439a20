"""One document at a time: what is kept, what is set aside, and that nothing stops a page."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attic_tech.documents import COLLECTIONS, Document, SetAside, decode, lacked_by_all
from sync.attic_tech.protocol import read_json
from tests.unit.attic_tech.stand_ins import job

STAMPS = {"createdAt": "2026-09-01T08:00:00.000Z", "updatedAt": "2026-11-20T08:00:00.500Z"}
CREATED = datetime(2026, 9, 1, 8, tzinfo=UTC)
UPDATED = datetime(2026, 11, 20, 8, 0, 0, 500_000, tzinfo=UTC)


#: What a document must have, by collection, written by hand and apart from the program's own.
NEEDED = {
    "jobs": ("status", "job_estimate", "assignedCrew"),
    "estimates": ("status", "branch"),
    "users": ("roles",),
    "branches": ("name",),
    "roles": ("name",),
}


def empty(collection: str) -> dict[str, Any]:
    """A document of which nothing is known but that its fields are empty."""
    return {"id": 1, **STAMPS, **dict.fromkeys(NEEDED.get(collection, ()))}


def kept(collection: str, **raw: Any) -> Document:
    """The document that these fields make."""
    document = decode(collection, empty(collection) | raw)
    assert isinstance(document, Document), document
    return document


def reason(collection: str, **raw: Any) -> str:
    """Why a document with these fields is set aside."""
    bad = decode(collection, empty(collection) | raw)
    assert isinstance(bad, SetAside), bad
    return bad.reason


def test_a_job_is_projected_with_its_relations_as_ids():
    assert decode("jobs", job(sessions=[], collection="jobs")) == Document(
        "jobs",
        11,
        CREATED,
        UPDATED,
        {
            "name": "JOB-000011",
            "status": "Plans In Progress",
            "job_estimate": 7,
            "assignedCrew": [16, 3],
        },
        ("estimates:7", "users:16", "users:3"),
    )


@pytest.mark.parametrize(
    ("collection", "keys"),
    [
        ("jobs", "name status job_estimate assignedCrew"),
        (
            "estimates",
            (
                "name status user branch client property final_price labor_hours crew_notes"
                " phone email contact tax_details"
            ),
        ),
        ("properties", "client address city state postalCode"),
        ("clients", "firstName lastName fullName phone email"),
        ("users", "name email phone roles branches isBlocked"),
        ("branches", "name"),
        ("roles", "name"),
    ],
)
def test_every_field_is_there_even_when_attic_tech_sends_nothing(collection: str, keys: str):
    assert list(kept(collection).fields) == keys.split()


def test_refs_name_everything_it_points_at_once_and_sorted():
    assert kept("estimates", user=3, branch=1, client=40, property=40).refs == (
        "branches:1",
        "clients:40",
        "properties:40",
        "users:3",
    )
    assert kept("users", roles=[2, 1, 2], branches=[]).refs == ("roles:1", "roles:2")


@pytest.mark.parametrize("value", [7, {"id": 7, "name": "Ana"}, {"id": 7}])
def test_a_relation_is_an_id_or_an_object(value: object):
    assert kept("properties", client=value).fields["client"] == 7


def test_a_relation_to_what_was_deleted_is_null():
    assert kept("jobs", job_estimate=None).fields["job_estimate"] is None
    assert kept("jobs", assignedCrew=[16, None, {"id": 3}]).fields["assignedCrew"] == [16, 3]
    assert kept("jobs", assignedCrew=None).fields["assignedCrew"] == []


def test_a_crew_keeps_the_order_of_attic_tech_since_the_first_leader_leads():
    assert kept("jobs", assignedCrew=[16, 3, 9, 3]).fields["assignedCrew"] == [16, 3, 9]


@pytest.mark.parametrize("value", ["7", 7.5, True, [7], {"name": "Ana"}, 0, -1, 2**31])
def test_a_relation_to_anything_else_sets_the_document_aside(value: object):
    assert reason("properties", client=value) == "client: not an id between 1 and 2147483647"


@pytest.mark.parametrize("id", [0, -4, 2**31, 2**63, "12", 1.5, True, None])
def test_an_id_that_no_integer_column_holds_is_set_aside_without_an_id(id: object):
    bad = decode("jobs", job(id))
    assert isinstance(bad, SetAside)
    assert (bad.id, bad.updated_at) == (None, UPDATED)


def test_a_nul_becomes_a_replacement_character():
    assert kept("clients", fullName="A\0B").fields["fullName"] == "A�B"


def test_what_commands_a_terminal_turns_text_around_or_breaks_a_name_is_replaced():
    fields = kept("clients", fullName="A\x1b[2J\nB", phone="\u202a555-0142\u202c").fields
    assert (fields["fullName"], fields["phone"]) == ("A�[2J B", "555-0142")
    notes = kept("estimates", name="a\nb", crew_notes="Gate\r\ncode\x9b1m").fields
    assert (notes["name"], notes["crew_notes"]) == ("a b", "Gate\ncode�1m")


def test_half_a_character_is_set_aside():
    assert reason("clients", fullName="A\ud83d") == (
        "fullName: holds half a character (a lone surrogate)"
    )


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000])
def test_a_number_that_is_none_is_set_aside(text: str):
    raw = read_json(f'{{"final_price":{text}}}'.encode(), "")
    bad = decode("estimates", empty("estimates") | raw)
    assert isinstance(bad, SetAside)
    assert bad.reason == "final_price: not a finite number of this world"


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, 40, True, "text", None])
def test_what_stands_in_for_something_else_sets_no_estimate_aside(odd: object):
    """Nobody has seen these fields of the live system: they may be anything."""
    fields = kept("estimates", contact=odd, tax_details=odd).fields
    assert (fields["contact"], fields["tax_details"]) == (
        ({"phone": None, "email": None}, {"final_price_after_taxes": None})
        if isinstance(odd, dict)
        else (None, None)
    )
    assert kept("estimates", phone=["x"], email={"a": 1}).fields["phone"] is None
    assert kept("estimates", contact={"phone": 6195550101, "email": []}).fields["contact"] == {
        "phone": "6195550101",
        "email": None,
    }
    taxes = {"final_price_after_taxes": "NaN"}
    assert kept("estimates", tax_details=taxes).fields["tax_details"] == {
        "final_price_after_taxes": None
    }


def test_numbers_may_come_as_text_and_a_phone_as_a_number():
    fields = kept("estimates", final_price="1615.52", labor_hours="").fields
    assert (fields["final_price"], fields["labor_hours"]) == (1615.52, None)
    assert kept("clients", phone=6195550101).fields["phone"] == "6195550101"


@pytest.mark.parametrize(("raw", "blocked"), [(None, False), (0, False), (True, True), (1, True)])
def test_a_checkbox_that_was_never_touched_is_off(raw: object, *, blocked: bool):
    assert kept("users", isBlocked=raw).fields["isBlocked"] is blocked


def test_who_may_be_blocked_is_not_guessed():
    assert reason("users", isBlocked="no") == "isBlocked: neither true nor false"


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", 1789203833125, "0001-01-01T00:00:00+14:00"]
)
def test_a_document_without_a_stamp_is_set_aside(value: object):
    assert reason("roles", updatedAt=value) == "updatedAt: not a date"


def test_a_document_whose_birth_is_unknown_is_kept():
    assert kept("roles", createdAt="long ago").created_at is None


@pytest.mark.parametrize(
    ("collection", "field"), [(name, field) for name in NEEDED for field in NEEDED[name]]
)
def test_a_field_that_does_not_come_is_unknown_and_not_empty(collection: str, field: str):
    """A job without `assignedCrew` has no empty crew: its leader would be told that it is gone."""
    raw = empty(collection)
    del raw[field]
    bad = decode(collection, raw)
    assert isinstance(bad, SetAside)
    assert (bad.lacks, bad.reason) == ({field}, f"{field}: does not come with Attic Tech's answer")


def test_a_field_is_lacked_by_all_only_where_none_has_it():
    bad = [decode("jobs", {"id": 1, **STAMPS, "status": None}), decode("jobs", {"id": 2, **STAMPS})]
    assert lacked_by_all([]) is None
    assert lacked_by_all(bad) == "assignedCrew"
    assert lacked_by_all([*bad, decode("jobs", job())]) is None
    assert lacked_by_all([decode("jobs", job(status=[]))]) is None


@pytest.mark.parametrize("raw", [None, [], "text", 7, True])
def test_what_is_no_object_is_set_aside(raw: object):
    assert isinstance(decode("jobs", raw), SetAside)


def test_a_reason_quotes_nothing_of_what_it_is_about():
    assert "+1 619" not in reason("clients", phone=["+1 619 555 0101"])
    assert reason("estimates", final_price="+1 619 555 0101") == "final_price: not a number"


def test_a_bad_document_that_is_saved_again_is_the_same_bad_document():
    def digest(**changes: Any) -> str:
        bad = decode("jobs", job(**({"status": ["odd"]} | changes)))
        assert isinstance(bad, SetAside)
        return bad.digest

    assert digest() == digest(updatedAt="2026-11-24T10:00:00.000Z", comments="not ours")
    assert len({digest(), digest(status=["odder"]), digest(id=12)}) == 3


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\0"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["id"]), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        "id",
        "name",
        "status",
        "job_estimate",
        "assignedCrew",
        "user",
        "branch",
        "client",
        "property",
        "final_price",
        "labor_hours",
        "crew_notes",
        "address",
        "city",
        "phone",
        "email",
        "roles",
        "branches",
        "isBlocked",
        "client",
        "contact",
        "tax_details",
        "createdAt",
        "updatedAt",
    ]
)
stamps = st.sampled_from(
    ["2026-11-20T08:00:00.500Z", "2026-13-01", "", "9999-12-31T23:59:59-12:00"]
)
documents = st.dictionaries(keys, json_values | st.integers(1, 9) | stamps)


@given(st.sampled_from(COLLECTIONS), documents | json_values)
def test_no_json_raises_and_what_is_kept_fits_into_jsonb(collection: str, raw: object):
    result = decode(collection, raw, ("clients", "properties", "roles"))
    if isinstance(result, Document):
        text = json.dumps(result.fields, allow_nan=False, ensure_ascii=False)
        assert "\0" not in text
        text.encode()  # no half characters
        assert 1 <= result.id < 2**31
        assert result.updated_at.tzinfo is UTC
    else:
        assert result.reason
        result.reason.encode()
        assert decode(collection, raw, ("clients", "properties", "roles")) == result


@given(st.sampled_from(COLLECTIONS), st.dictionaries(keys, st.integers(1, 9) | st.none()))
def test_keeping_what_was_kept_changes_nothing(collection: str, raw: dict[str, Any]):
    first = decode(collection, raw | {"id": 5} | STAMPS)
    if isinstance(first, Document):
        assert decode(collection, {"id": 5} | STAMPS | first.fields) == first
        assert all(not isinstance(v, float) or math.isfinite(v) for v in first.fields.values())
