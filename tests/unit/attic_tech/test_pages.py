"""What the JSON of an answer holds; an answer that does not fit its question is not used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attic_tech import pages
from sync.attic_tech.documents import COLLECTIONS, SetAside, decode
from sync.attic_tech.errors import AtticTechBroken, AtticTechError
from sync.attic_tech.pages import DocumentPage, Listing, Newest
from sync.attic_tech.protocol import EPOCH
from tests.unit.attic_tech.stand_ins import NOW, job, listed

STAMP = datetime(2026, 11, 20, 8, 0, 0, 500_000, tzinfo=UTC)


def page(*docs: Any, more: bool = False, after: int = 0, **asked: Any) -> DocumentPage:
    """The page of jobs that these documents make."""
    options: dict[str, Any] = {"since": EPOCH, "limit": 500} | asked
    return pages.read_page("jobs", listed(*docs, more=more), NOW, after=after, **options)


def test_a_page_holds_what_could_be_read_and_what_could_not():
    good, bad = job(11), job(12, status=["odd"])
    assert page(good, bad, more=True) == DocumentPage(
        (decode("jobs", good), decode("jobs", bad)),
        has_next=True,
        last_id=12,
        date=NOW,
    )


def test_an_empty_page_ends_the_walk_whatever_it_says():
    assert page(more=True) == DocumentPage((), has_next=False, last_id=None, date=NOW)


@pytest.mark.parametrize(
    "data", [None, [], "", {}, {"docs": []}, {"docs": {}, "hasNextPage": False}, {"errors": []}]
)
def test_what_is_no_list_of_documents_is_broken(data: Any):
    with pytest.raises(AtticTechBroken, match="not a list"):
        pages.read_page("jobs", data, NOW, since=EPOCH, after=0, limit=500)


@pytest.mark.parametrize("ids", [(12, 11), (11, 11), (4, 11), (5, 6)])
def test_ids_that_do_not_grow_from_where_we_were_are_an_error_and_no_endless_walk(ids: Any):
    with pytest.raises(AtticTechBroken, match="the order of ids"):
        page(*map(job, ids), after=5)


def test_a_limit_that_was_ignored_is_an_error():
    with pytest.raises(AtticTechBroken, match="the limit"):
        page(job(1), job(2), limit=1)


def test_a_date_that_was_ignored_is_an_error():
    since = STAMP + timedelta(milliseconds=1)
    with pytest.raises(AtticTechBroken, match="the date"):
        page(job(1), since=since)
    assert page(job(1), since=STAMP + timedelta(microseconds=999)).last_id == 1


def test_the_walk_goes_on_after_a_document_that_cannot_be_kept():
    assert page(job(11), job("x"), job(12, updatedAt=None), more=True).last_id == 12


def test_nothing_that_we_could_hold_comes_after_an_id_that_no_column_holds():
    read = page(job(11), job(2**31), job(2**40), more=True)
    assert (read.has_next, read.last_id, len(read.documents)) == (False, 2**31 - 1, 3)


def test_a_page_without_any_integer_id_is_an_error_since_the_walk_could_not_go_on():
    with pytest.raises(AtticTechBroken, match="integer id"):
        page(job("a"), job("b"), more=True)


def test_what_lacks_a_field_is_set_aside_though_nothing_else_is_on_its_page():
    lacking = job(12)
    del lacking["assignedCrew"]
    one = pages.read_one("jobs", lacking, 12)
    assert isinstance(one, SetAside)
    assert one.lacks == {"assignedCrew"}
    assert page(lacking).documents == (one,)
    assert page(job(11), lacking).documents == (decode("jobs", job(11)), one)


def test_the_newest_stamp_and_the_date_of_the_answer():
    newest = pages.read_newest("jobs", listed(job()), NOW)
    assert newest == Newest(STAMP, NOW)
    assert newest.bound == STAMP


def test_a_stamp_from_the_future_is_bound_by_the_answer():
    ahead = pages.read_newest("jobs", listed(job(updatedAt="2030-01-01T00:00:00.000Z")), NOW)
    assert ahead.bound == NOW


def test_an_empty_collection_has_no_newest():
    assert pages.read_newest("jobs", listed(), NOW) == Newest(None, NOW)
    assert Newest(None, NOW).bound is None
    pages.check_empty("jobs", listed(), NOW)
    pages.check_empty("jobs", listed(job(updatedAt=None)), NOW)


def test_a_collection_whose_newest_the_filter_did_not_find_is_not_empty():
    with pytest.raises(AtticTechBroken, match="the date"):
        pages.check_empty("jobs", listed(job()), NOW)


def test_a_listing_has_ids_and_stamps_and_needs_no_other_field():
    docs = [
        {"id": 3, "updatedAt": "2026-11-20T08:00:00.500Z"},
        {"id": 5, "updatedAt": None},
        {"id": "x"},
        {"id": 2**31 - 1},
    ]
    read = pages.read_listing("jobs", listed(*docs, more=True), NOW, after=2, limit=1000)
    assert read == Listing(
        ((3, STAMP), (5, None), (2**31 - 1, None)), has_next=False, last_id=2**31 - 1, date=NOW
    )


def test_chosen_documents_are_among_those_asked_for():
    read = pages.read_chosen("jobs", listed(job(3), job(9)), NOW, [3, 7, 9])
    assert [document.id for document in read.documents] == [3, 9]
    for docs in ([job(4)], [job(3), job("x")], [job(3), job(3)]):
        with pytest.raises(AtticTechBroken):
            pages.read_chosen("jobs", listed(*docs), NOW, [3, 7, 9])


def test_one_document_is_the_one_asked_for():
    assert pages.read_one("jobs", job(11), 11) == decode("jobs", job(11))
    assert pages.read_one("jobs", None, 11) is None
    for other in (job(12), [], {}, "text"):
        with pytest.raises(AtticTechBroken, match="the id"):
            pages.read_one("jobs", other, 11)


def test_joined_pages_are_dated_as_the_first_so_that_no_change_is_dated_too_late():
    later = DocumentPage((), has_next=False, last_id=9, date=NOW + timedelta(seconds=5))
    first = page(job(3), job(4, status=[]))
    both = pages.joined([first, later], NOW + timedelta(hours=1))
    assert both == DocumentPage(first.documents, has_next=False, last_id=9, date=NOW)
    assert pages.joined([], NOW) == DocumentPage((), has_next=False, last_id=None, date=NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
docs = st.lists(st.builds(job, json_values | st.integers(1, 9)) | json_values, max_size=4)
answers = json_values | st.builds(
    lambda docs, more: {"docs": docs, "hasNextPage": more}, docs, st.booleans()
)


@given(st.sampled_from(COLLECTIONS), answers, st.integers(0, 9))
def test_any_answer_is_values_or_one_of_our_errors_and_a_walk_always_moves_on(
    collection: str, data: Any, after: int
):
    for read in (
        lambda: pages.read_page(collection, data, NOW, since=EPOCH, after=after, limit=3),
        lambda: pages.read_listing(collection, data, NOW, after=after, limit=3),
        lambda: pages.read_chosen(collection, data, NOW, [1, 2, 3]),
        lambda: pages.read_newest(collection, data, NOW),
        lambda: pages.read_one(collection, data, 1),
    ):
        try:
            result = read()
        except AtticTechError:
            continue
        if isinstance(result, DocumentPage | Listing) and result.has_next:
            assert result.last_id is not None
            assert result.last_id >= 1
