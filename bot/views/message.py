"""One message as Telegram takes it: HTML, every foreign part escaped, cut to the accepted size.

A `str` is text of somebody else and is escaped; an `Html` is markup of ours and is kept. A line
holds all of its tags, so a message may be cut at the end of any line.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape as _escape
from html import unescape as _unescape

from aiogram.types import InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove

from sync.texts import one_line, several_lines

#: Telegram counts UTF-16 code units of the text that is left after the tags are parsed.
LIMIT = 4096
_CUT = "…"
_TAG = re.compile(r"<[^>]*>")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, or put in place of what was sent before.

    `below` are keys under the reader's own text, or their removal: only of what is sent anew, and
    only where it has no buttons of its own.
    """

    text: Html
    keyboard: InlineKeyboardMarkup | None = None
    below: ReplyKeyboardMarkup | ReplyKeyboardRemove | None = None


def escape(text: object) -> Html:
    """`text` as markup that shows itself, in one line; an `Html` is returned as it is."""
    return text if isinstance(text, Html) else _kept(one_line(str(text)))


def _kept(text: str) -> Html:
    return Html(_escape(text, quote=True))


def bold(text: str) -> Html:
    return Html(f"<b>{escape(text)}</b>")


def italic(text: str) -> Html:
    return Html(f"<i>{escape(text)}</i>")


def struck(text: str) -> Html:
    return Html(f"<s>{escape(text)}</s>")


def code(text: str) -> Html:
    return Html(f"<code>{escape(text)}</code>")


def link(text: str, url: str) -> Html:
    return Html(f'<a href="{_escape(url, quote=True)}">{escape(text)}</a>')


def quote(text: str, limit: int = 1000) -> Html:
    """A quotation that folds up on the phone: at most `limit` units of `text`, with its lines."""
    return Html(
        f"<blockquote expandable>{_kept(clip(several_lines(text).strip(), limit))}</blockquote>"
    )


def joined(parts: Iterable[str | None], by: str = " · ") -> Html:
    """The parts that are there, escaped, in one line."""
    return Html(by.join(escape(part) for part in parts if part))


def units(html: str) -> int:
    """How long Telegram finds this markup: UTF-16 units without the tags."""
    return _units(plain(html))


def plain(html: str) -> str:
    """The text that a reader of this markup sees."""
    return _unescape(_TAG.sub("", html))


def clip(text: str, limit: int) -> str:
    """`text` cut to `limit` units, never inside a character, with `…` where something is gone."""
    if _units(text) <= limit:
        return text
    kept, room = [], limit - 1
    for character in text:
        room -= _units(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + _CUT


def compose(lines: Iterable[str | None], limit: int = LIMIT) -> Html:
    """The lines that are there, one below the other, cut at a line end (then `…`) to `limit`.

    A first line that is too long by itself loses its tags and is cut inside.
    """
    markup = [escape(line) for line in lines if line is not None]
    whole = Html("\n".join(markup))
    if units(whole) <= limit:
        return whole
    kept: list[str] = []
    room = limit - _units(_CUT)
    for line in markup:
        room -= units(line) + 1
        if room < 0:
            break
        kept.append(line)
    if not any(kept):
        return _kept(clip(plain(whole), limit))
    return Html("\n".join([*kept, _CUT]))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
