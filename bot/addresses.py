"""What an address in a setting must look like: one on the web, and one of PostgreSQL.

Nobody is asked. The words of the ValueErrors may quote what is secret and are shown to nobody.
"""

import re
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote, urlsplit

#: PostgreSQL's address. A bare `#`, `/`, `?` or `@` of a password would end it, and the rest of it
#: would be taken for a host, a port or an option, which errors quote.
_ADDRESS = re.compile(
    r"(?P<scheme>postgres(?:ql)?://)(?:(?P<user>[^@/?#]*)@)?(?P<places>[^@/?#]*)"
    r"(?P<name>/[^@?#]*)?(?:\?(?P<options>[^@#]*))?"
)
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
    """The address as asyncpg can read it. Raises ValueError."""
    parts = _parts(text)
    options = _options(parts["options"])
    for places in (parts["places"], options.get("host", "")):
        _check_places(places)
    for port in options.get("port", "").split(","):
        _check_port(port)
    if "[" in parts["places"] and "," in parts["places"]:
        text = _hosts_as_option(parts)
    urlsplit(text)  # as asyncpg will do
    return text


def passwords_in(address: str) -> set[str]:
    """The password within PostgreSQL's address, as it is written and as it is meant."""
    parts = _parts(address)
    found = {parts["user"].partition(":")[2], _options(parts["options"]).get("password")}
    return {form for password in found if password for form in (password, unquote(password))}


def _parts(address: str) -> dict[str, str]:
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError("not PostgreSQL's, or a character that separates nothing")
    return found.groupdict("")


def _options(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, strict_parsing=True)) if query else {}


def _hosts_as_option(parts: dict[str, str]) -> str:
    """The address with its hosts at its end: newer Pythons read `[::1]` only as the one host."""
    places = [_PLACE.fullmatch(place) for place in parts["places"].split(",")]
    hosts = ",".join(place[1] for place in places if place)
    ports = [place[2] for place in places if place]
    options = [parts["options"], f"host={quote(hosts, safe=',:[]%')}"]
    if any(ports):
        options.append(f"port={','.join(port or '5432' for port in ports)}")
    user = f"{parts['user']}@" if parts["user"] else ""
    return f"{parts['scheme']}{user}{parts['name'] or '/'}?{'&'.join(filter(None, options))}"


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
