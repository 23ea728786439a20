"""Requests as values: each trap of Payload's query language is avoided here."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attic_tech import protocol
from sync.attic_tech.protocol import Request

SINCE = datetime(2026, 9, 12, 9, 3, 53, tzinfo=UTC)


def query(request: Request) -> dict[str, str]:
    """The decoded query of a request."""
    return dict(parse_qsl(request.query, keep_blank_values=True))


def test_a_page_is_asked_by_stamp_and_id_in_the_order_of_ids():
    request = protocol.ask_page("jobs", SINCE, 40, 500)
    assert (request.method, request.path, request.body) == ("GET", "/jobs", None)
    assert query(request) == {
        "where[updatedAt][greater_than_equal]": "2026-09-12T09:03:53.000Z",
        "where[id][greater_than]": "40",
        "sort": "id",
        "limit": "500",
        "depth": "0",
    }


def test_a_collection_is_asked_for_by_its_name_there_and_spoken_of_by_its_title():
    request = protocol.ask_page("job-estimates", SINCE, 40, 500)
    assert (request.path, request.about) == ("/job-estimates", "Job Estimates")


def test_what_comes_along_is_asked_for_with_the_fields_that_show_it_and_no_others():
    shape = protocol.deep(2, ["name", "client"])
    shown = {"select[name]": "true", "select[client]": "true", "depth": "2"}
    for request in (
        protocol.ask_page("job-estimates", SINCE, 40, 500, shape),
        protocol.ask_ids("job-estimates", [1], shape),
        protocol.ask_id("job-estimates", 1, shape),
    ):
        assert query(request).items() >= shown.items()


def test_the_newest_is_asked_without_documents_that_have_no_stamp():
    assert query(protocol.ask_newest("jobs")) == {
        "where[updatedAt][greater_than_equal]": "1970-01-01T00:00:00.000Z",
        "sort": "-updatedAt",
        "limit": "1",
        "depth": "0",
    }


def test_a_listing_asks_for_nothing_but_stamps():
    assert query(protocol.ask_stamps("users", 7, 1000)) == {
        "where[id][greater_than]": "7",
        "select[updatedAt]": "true",
        "sort": "id",
        "limit": "1000",
        "depth": "0",
    }


def test_ids_are_asked_with_a_limit_that_fits_them_and_readable_commas():
    request = protocol.ask_ids("jobs", [3, 5, 8])
    assert "=3,5,8&" in request.query
    assert query(request)["limit"] == "3"


def test_the_longest_list_of_ids_stays_far_below_what_servers_take():
    request = protocol.ask_ids("jobs", range(2**31 - 500, 2**31))
    assert len(request.target("https://www.attic-tech.com/api")) < 8_000


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_means_everything_is_never_sent(limit: int):
    with pytest.raises(ValueError, match="at least one"):
        protocol.ask_page("jobs", SINCE, 0, limit)


def test_no_ids_are_no_request():
    with pytest.raises(ValueError, match="at least one"):
        protocol.ask_ids("jobs", [])


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 9, 12, 9, 3, 53, 125_999, tzinfo=UTC), "2026-09-12T09:03:53.125Z"),
        (
            datetime(2026, 9, 12, 2, 3, 53, tzinfo=timezone(timedelta(hours=-7))),
            "2026-09-12T09:03:53.000Z",
        ),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00.000Z"),
    ],
)
def test_a_stamp_is_in_utc_with_z_and_three_decimals(moment: datetime, text: str):
    assert protocol.stamp(moment) == text


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        protocol.stamp(datetime(2026, 9, 12))  # noqa: DTZ001


@given(st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001
def test_no_query_ever_holds_a_raw_plus_and_no_stamp_is_later_than_meant(moment: datetime):
    assert "+" not in protocol.ask_page("jobs", moment, 0, 1).query
    assert (
        moment - timedelta(milliseconds=1)
        < datetime.fromisoformat(protocol.stamp(moment))
        <= moment
    )


@pytest.mark.parametrize("api_url", ["https://a.example/api", "https://a.example/api/"])
def test_an_address_may_end_with_a_slash(api_url: str):
    assert protocol.ask_id("jobs", 7).target(api_url) == "https://a.example/api/jobs/7?depth=0"


def test_a_password_shows_in_no_representation():
    request = protocol.ask_login("users", "bot@attic.example", "hunter2")
    assert "hunter2" not in repr(request)
    assert request.body == b'{"email": "bot@attic.example", "password": "hunter2"}'


def test_documents_are_only_ever_read_with_get():
    asked = [
        protocol.ask_newest("jobs"),
        protocol.ask_any("jobs"),
        protocol.ask_page("jobs", SINCE, 0, 1),
        protocol.ask_stamps("jobs", 0, 1),
        protocol.ask_ids("jobs", [1]),
        protocol.ask_id("jobs", 1),
        protocol.ask_who_we_are("users"),
    ]
    assert {request.method for request in asked} == {"GET"}
