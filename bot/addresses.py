"""What an address in a setting must look like: one on the web, and one of PostgreSQL.

Nobody is asked. The words of the ValueErrors may quote what is secret and are shown to nobody.
"""

import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

_PLACE = re.compile(r"(\[[^\[\]]+\]|[^\[\]:]+)(?::([0-9]*))?")
_PORTS = range(1, 65536)


def web_address(text: str) -> str:
    """The address without a slash at its end; it holds no secret. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", text):
        raise ValueError("not an address")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("more than an address")
    _check_host(parts.hostname)
    _check_port(parts.port)
    return text.rstrip("/")


def is_open(text: str) -> bool:
    """Whether whoever is between could read what is sent there: http, and not to this machine."""
    parts = urlsplit(text)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def database_address(text: str) -> str:
    """The address as it is. Raises ValueError.

    A bare `#`, `/`, `?` or `@` of a password ends it, and the rest of it would be taken for a host,
    a port or an option, which errors quote.
    """
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("not PostgreSQL's")
    parts, options = urlsplit(text), _options(text)
    if "#" in text or "@" in parts.path + parts.query or parts.netloc.count("@") > 1:
        raise ValueError("a character that separates nothing")
    for places in (parts.netloc.rpartition("@")[2], options.get("host", "")):
        _check_places(places)
    for port in options.get("port", "").split(","):
        _check_port(port)
    return text


def passwords_in(address: str) -> set[str]:
    """The password within PostgreSQL's address, as it is written and as it is meant."""
    found = {urlsplit(address).password, _options(address).get("password")}
    return {form for password in found if password for form in (password, unquote(password))}


def _options(address: str) -> dict[str, str]:
    query = urlsplit(address).query
    return dict(parse_qsl(query, strict_parsing=True)) if query else {}


def _check_places(places: str) -> None:
    """Hosts, each with or without a port, or folders of a Unix socket."""
    for place in places.split(",") if places else ():
        if place.startswith("/"):
            continue
        found = _PLACE.fullmatch(place)
        if not found:
            raise ValueError("neither a host nor a folder")
        _check_host(unquote(found[1]))
        _check_port(found[2])


def _check_host(host: str) -> None:
    if not host.startswith("/"):
        host.encode("idna")  # as whoever looks for it will do


def _check_port(port: str | int | None) -> None:
    if port not in (None, "") and int(port) not in _PORTS:
        raise ValueError("not a port")
