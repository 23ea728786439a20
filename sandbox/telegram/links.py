"""Which addresses Telegram takes behind a link or a button."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*):")


class LinkError(ValueError):
    """An address that Telegram does not open; says why, in its words."""


def check_link(url: str) -> str:
    """The address as Telegram keeps it: http, https, tg or ton, or a bare host that becomes http.

    A `tel:` address is refused, and so is a host without a dot.
    """
    address = url.strip()
    scheme = _SCHEME.match(address)
    if scheme is None or "." in scheme[1]:
        address = f"http://{address}"
    elif scheme[1].lower() not in {"http", "https", "tg", "ton"}:
        raise LinkError("Unsupported URL protocol")
    if address.lower().startswith(("tg:", "ton:")):
        return address
    try:
        host = urlsplit(address).hostname or ""
    except ValueError as error:
        raise LinkError("Wrong HTTP URL") from error
    if "." not in host.strip(".") or re.search(r"\s", address):
        raise LinkError("Wrong HTTP URL")
    return address
