"""Addresses in settings: what is one, and what is refused before anybody is asked."""

import pytest

from bot.addresses import database_address, passwords_in, web_address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://us:p%40ss@db.example:5432/botzilla",
        "postgres://us@db_1/botzilla?sslmode=require&application_name=x",
        "postgresql://us:p@h1:5432,h2:5433,[::1]:5434,[fe80::1%eth0]/x",
        "postgresql://us:p@%2Fvar%2Frun%2Fpostgresql/x",
        "postgresql:///x?host=/var/run/postgresql",
        "postgresql://us:p@/x?host=/a,h2&port=5432,5433",
        "postgresql://us:100%@h/a-name with spaces",
        "postgresql://",
    ],
)
def test_an_address_of_postgresql(address: str) -> None:
    assert database_address(address) == address


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
