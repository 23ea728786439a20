"""Addresses in settings: what is one, and what is refused before anybody is asked."""

import inspect
from urllib.parse import SplitResult, urlsplit

import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args

from bot.addresses import database_address, passwords_in, web_address

_NOTHING_BESIDE = dict.fromkeys(
    set(inspect.signature(_parse_connect_dsn_and_args).parameters) - {"dsn"}
)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://us:p%40ss@db.example:5432/botzilla",
        "postgres://us@db_1/botzilla?sslmode=require&application_name=x",
        "postgresql://us:p@h1:5432,h2:5433/x",
        "postgresql://us:p@[::1]:5434/x",
        "postgresql://us:p@[fe80::1%eth0]/x",
        "postgresql://us:p@%2Fvar%2Frun%2Fpostgresql/x",
        "postgresql:///x?host=/var/run/postgresql",
        "postgresql://us:p@/x?host=/a,h2&port=5432,5433",
        "postgresql://us:100%@h/a-name with spaces",
        "postgresql://",
    ],
)
def test_an_address_of_postgresql(address: str) -> None:
    assert database_address(address) == address


def _newer_urlsplit(url: str, *more: object) -> SplitResult:
    """What Python 3.13.2, 3.14 and newer do: brackets hold the one host, and nothing before it."""
    found = urlsplit(url, *more)
    before, bracket, rest = found.netloc.rpartition("@")[2].partition("[")
    after = rest.partition("]")[2]
    if bracket and (before or (after and not after.startswith(":"))):
        raise ValueError("Invalid IPv6 URL")
    return found


@pytest.mark.parametrize(
    ("address", "places"),
    [
        (
            "postgresql://us:p@h1:5432,h2:5433,[::1]:5434,[fe80::1%eth0]/x",
            [("h1", 5432), ("h2", 5433), ("::1", 5434), ("fe80::1%eth0", 5432)],
        ),
        ("postgres://us:p@[::1],h2/x?sslmode=prefer", [("::1", 5432), ("h2", 5432)]),
        ("postgresql://us:p@%2Frun%2Fpg:5433,[::1]/x", ["/run/pg/.s.PGSQL.5433", ("::1", 5432)]),
        ("postgresql://us:p@[::1],[::1]:2/x?host=h3&port=7", [("::1", 5432), ("::1", 2)]),
    ],
)
def test_asyncpg_reads_several_hosts_with_ipv6_on_every_python(
    address: str, places: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib.parse.urlsplit", _newer_urlsplit)
    monkeypatch.setattr("bot.addresses.urlsplit", _newer_urlsplit)
    given = database_address(address)
    assert database_address(given) == given
    assert passwords_in(given) == {"p"}
    read, parameters = _parse_connect_dsn_and_args(dsn=given, **_NOTHING_BESIDE)
    assert (read, parameters.user, parameters.database) == (places, "us", "x")


@pytest.mark.parametrize(
    "address",
    [
        "mysql://us:p@h/x",
        "postgresql:x",
        "postgresql://us:s3cr#t@127.0.0.1:1/x",
        "postgresql://us:5432#t@127.0.0.1:1/x",
        "postgresql://us:s3cr/t@127.0.0.1:1/x",
        "postgresql://us:5432/t@127.0.0.1:1/x",
        "postgresql://us:s3cr?t@127.0.0.1:1/x",
        "postgresql://us:5432?t@127.0.0.1:1/x",
        "postgresql://us:5432?s3=cr@127.0.0.1:1/x",
        "postgresql://us:s3cr[t@127.0.0.1:1/x",
        "postgresql://us:s3cr]t@127.0.0.1:1/x",
        "postgresql://us:s3cr@t@127.0.0.1:1/x",
        "postgresql://us:p@[::1/x",
        "postgresql://us:p@::1/x",
        "postgresql://us:p@h1,,h2/x",
        "postgresql://us:p@:5432/x",
        "postgresql://us:p@a..b/x",
        "postgresql://us:p@h:abc/x",
        "postgresql://us:p@h:99999/x",
        "postgresql://us:p@h1:5432,h2:0/x",
        "postgresql:///x?host=/a&port=abc",
        "postgresql:///x?host=/a&port=5432,99999",
        "postgresql:///x?host=a:b",
        "postgresql://us:p@h/x?nonsense",
    ],
)
def test_what_is_no_address_of_postgresql(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- its words are shown to nobody
        database_address(address)


@pytest.mark.parametrize(
    ("address", "passwords"),
    [
        ("postgresql://us:p%40ss@h1,h2:5433/x", {"p%40ss", "p@ss"}),
        ("postgresql:///x?user=us&password=p%2540ss", {"p%40ss", "p@ss"}),
        ("postgresql://us@h/x", set()),
    ],
)
def test_the_password_is_found_wherever_it_stands(address: str, passwords: set[str]) -> None:
    assert passwords_in(address) == passwords


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8081", "https://[::1]:8443/api", "https://a_b.example/api?x=@"],
)
def test_an_address_on_the_web(address: str) -> None:
    assert web_address(f"{address}/") == address


@pytest.mark.parametrize(
    "address",
    [
        "attic.example/api",
        "ftp://attic.example",
        "http://",
        "http:///api",
        "http://at tic.example",
        "http://us:s3cret@attic.example/api",
        "http://us@attic.example/api",
        "http://us:80#s3cret@attic.example/api",
        "http://[::1/api",
        "http://a..b/api",
        "http://attic.example:99999/api",
        "http://attic.example:0/api",
        "http://attic.example:abc/api",
    ],
)
def test_what_is_no_address_on_the_web(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- its words are shown to nobody
        web_address(address)
