"""What an answer means: bytes in, data or a sorted error out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attic_tech import protocol
from sync.attic_tech.errors import (
    AtticTechBroken,
    AtticTechError,
    AtticTechRefused,
    AtticTechUnavailable,
)
from sync.attic_tech.protocol import Response, Token, TokenRefused, decipher
from tests.unit.attic_tech.stand_ins import (
    INCORRECT,
    LOCKED,
    NOT_ALLOWED,
    NOT_FOUND,
    NOW,
    WENT_WRONG,
    answer,
    logged_in,
)

HTML = b"<!doctype html><title>Just a moment...</title>"
QUERY_ERROR = {
    "errors": [
        {
            "name": "QueryError",
            "data": [{"path": "nope"}],
            "message": "The following path cannot be queried: nope",
        }
    ]
}


def error_of(said: Response) -> AtticTechError:
    """The error that an answer to a request for Jobs means."""
    with pytest.raises(AtticTechError) as caught:
        decipher(said, "Jobs")
    return caught.value


def test_a_good_answer_is_its_json():
    assert decipher(answer(200, {"docs": []}), "Jobs") == {"docs": []}


def test_payloads_own_404_is_none():
    assert decipher(answer(404, NOT_FOUND), "Jobs") is None


@pytest.mark.parametrize("status", [401, 403])
def test_not_allowed_means_a_bad_token_or_no_right(status: int):
    assert isinstance(error_of(answer(status, NOT_ALLOWED)), TokenRefused)


@pytest.mark.parametrize("status", [401, 403])
def test_a_firewall_in_front_is_not_payload_refusing_us(status: int):
    error = error_of(answer(status, HTML))
    assert isinstance(error, AtticTechBroken)
    assert error.sentence == (
        f"Something in front of Attic Tech answered {status} when asked for Jobs: a proxy, a "
        f"firewall, or ATTIC_TECH_API_URL is not the address of its API."
    )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 522])
def test_later_statuses_say_later(status: int):
    error = error_of(answer(status, WENT_WRONG))
    assert isinstance(error, AtticTechUnavailable)
    assert (error.status, error.retry_after, error.again) == (status, None, True)
    assert error.sentence == f"Attic Tech answered {status} when asked for Jobs."


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("9" * 30, 10**8),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_attic_techs_own_clock(words: str, seconds: int | None):
    said = replace(answer(429, b"", retry_after=words), received_at=NOW + timedelta(hours=9))
    assert said.retry_after == (None if seconds is None else timedelta(seconds=seconds))
    error = error_of(said)
    assert isinstance(error, AtticTechUnavailable)
    assert error.retry_after == said.retry_after


def test_the_date_is_attic_techs_and_ours_where_it_gives_none():
    assert answer(date="Tue, 24 Nov 2026 11:59:00 GMT").date == NOW - timedelta(minutes=1)
    assert answer(date="Tue, 24 Nov 2026 12:59:00 +0100").date == NOW - timedelta(minutes=1)
    for nonsense in ("", "yesterday", "Tue, 99 Nov 2026 12:00:00 GMT"):
        assert answer(date=nonsense).date == NOW


@pytest.mark.parametrize(
    "body", [HTML, b"", b'{"docs":[', b"[" * 100_000, b'{"a":1}{"b":2}', b"\xff\xfe"]
)
def test_a_200_that_is_no_json_is_broken(body: bytes):
    error = error_of(answer(200, body))
    assert isinstance(error, AtticTechBroken)
    assert error.cause == "not_json"


def test_bytes_that_are_no_text_cost_no_page():
    assert decipher(answer(200, b'\xef\xbb\xbf{"name":"A\xffB"}'), "Jobs") == {"name": "A�B"}


def test_a_number_longer_than_python_reads_costs_no_page():
    assert decipher(answer(200, b'{"id":' + b"9" * 5000 + b"}"), "Jobs") == {"id": float("inf")}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_that_names_the_place_but_no_secret_of_its_address(status: int):
    said = answer(status, HTML, location="https://www.attic-tech.com/api/jobs?token=abc")
    assert error_of(said).sentence == (
        "Attic Tech sends us elsewhere (https://www.attic-tech.com) when asked for Jobs. Nothing "
        "was sent there; if it is right, correct ATTIC_TECH_API_URL."
    )


def test_a_query_that_payload_does_not_take_is_broken():
    assert str(error_of(answer(400, QUERY_ERROR))) == (
        "Attic Tech answered 400 when asked for Jobs; the log has its words where LOG_LEVEL is "
        "debug."
    )


@pytest.mark.parametrize("status", [400, 405, 409, 422])
def test_what_attic_tech_says_is_in_no_sentence_and_no_cause(status: int):
    """A validation error that quotes an e-mail and a phone reached /readyz, which anybody reads."""
    words = {"message": "ana@example.com is taken, call +1 619 555 0101", "name": "ana@example.com"}
    error = error_of(answer(status, {"errors": [words]}))
    assert error.cause == f"status_{status}"
    assert not [word for word in ("ana", "555") if word in f"{error.sentence} {error!r}"]


@pytest.mark.parametrize("body", [{"message": 'Route not found "/api/jobs"'}, HTML])
def test_a_collection_that_is_not_there_is_no_empty_collection(body: Any):
    error = error_of(answer(404, body))
    assert isinstance(error, AtticTechBroken)
    assert error.sentence == (
        "Attic Tech has no Jobs at this address: is ATTIC_TECH_API_URL the address of its API, "
        "and is the collection named so? If it has another name, give it in "
        "ATTIC_TECH_COLLECTIONS."
    )


def test_a_url_that_is_too_long_is_broken():
    assert error_of(answer(431, b"")).cause == "status_431"


def test_a_login_brings_a_token_and_how_long_it_lasts():
    token = protocol.read_login(answer(200, logged_in("t.o.k", lasts=7200)))
    assert token == Token("t.o.k", timedelta(seconds=7199))
    assert token.header == "JWT t.o.k"
    assert "t.o.k" not in repr(token)


def test_the_life_of_a_token_does_not_depend_on_our_clock():
    said = answer(200, logged_in(lasts=7200), date="Tue, 24 Nov 2026 12:00:00 GMT")
    late = replace(said, received_at=datetime(2031, 1, 1, tzinfo=UTC))
    assert protocol.read_login(late).lasts == timedelta(seconds=7199)


@pytest.mark.parametrize("exp", [None, "soon", 0, -5, True, 10**30, 1.5])
def test_a_token_whose_end_is_unknown_is_used_until_it_is_refused(exp: object):
    token = protocol.read_login(answer(200, logged_in() | {"exp": exp}))
    assert token.lasts == timedelta(0)


def test_a_renewed_token_has_another_name():
    body = {"refreshedToken": "n.e.w", "exp": round(NOW.timestamp()) + 61}
    assert protocol.read_refresh(answer(200, body)) == Token("n.e.w", timedelta(seconds=60))


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (401, INCORRECT, "credentials"),
        (401, LOCKED, "locked"),
        (403, {"errors": [{"message": "Please verify your email."}]}, "credentials"),
    ],
)
def test_a_refused_login_says_whether_the_account_is_locked(status: int, body: Any, cause: str):
    with pytest.raises(AtticTechRefused) as caught:
        protocol.read_login(answer(status, body))
    assert caught.value.cause == cause


@pytest.mark.parametrize("token", [None, "", 7, "two words", "line\nbreak", "ünicode"])
def test_a_login_without_a_token_that_a_header_can_carry_is_broken(token: object):
    with pytest.raises(AtticTechBroken, match="without a token"):
        protocol.read_login(answer(200, logged_in() | {"token": token}))


@pytest.mark.parametrize("status", [401, 403])
def test_a_proxys_401_says_nothing_about_our_credentials(status: int):
    with pytest.raises(AtticTechBroken):
        protocol.read_login(answer(status, HTML))


@pytest.mark.parametrize("status", [429, 503])
def test_a_login_may_have_to_wait(status: int):
    with pytest.raises(AtticTechUnavailable):
        protocol.read_login(answer(status, HTML))


@given(
    st.integers(100, 599),
    st.binary()
    | st.sampled_from(
        [
            b"{}",
            b"[]",
            b"null",
            b'{"errors":[]}',
            b'{"errors":[7]}',
            b'{"errors":[{"message":"\\u0000\\ud800"}]}',
        ]
    ),
    st.dictionaries(
        st.sampled_from(["date", "retry-after", "location"]),
        st.text() | st.sampled_from(["http://[", "https://user:pw@\udc80.example/x", "/login"]),
    ),
)
def test_any_answer_is_data_or_one_of_our_errors_with_a_sentence(
    status: int, body: bytes, headers: dict[str, str]
):
    said = Response(status, headers, body, NOW)
    for read in (lambda said: decipher(said, "Jobs"), protocol.read_login, protocol.read_refresh):
        error = _outcome(read, said)
        if error is not None:
            assert error.cause
            assert "\0" not in error.sentence
            error.sentence.encode()  # no half characters: it goes into the database


def _outcome(read: Callable[[Response], object], said: Response) -> AtticTechError | None:
    try:
        read(said)
    except AtticTechError as error:
        return error
    return None
