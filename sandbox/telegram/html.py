"""HTML as Telegram reads it in `parse_mode=HTML`: text and entities, or the reason why it cannot.

The rules and the words of the refusals are those of TDLib's `parse_html`
(td/telegram/MessageEntity.cpp). Offsets of entities count UTF-16 units, those in
refusals count bytes.
"""

import re
from dataclasses import dataclass, replace

from sandbox.telegram.links import LinkError, check_link

_TYPES = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_START = re.compile(r"<([^\s>]*)")
_END = re.compile(r"</([^\s>]*)\s*(>?)")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]*))?""")


class MarkupError(ValueError):
    """Text that Telegram refuses with "can't parse entities"; says where and why."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One stretch of text that is not plain."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    def to_api(self) -> dict[str, object]:
        """A MessageEntity."""
        entity: dict[str, object] = {
            "type": self.type,
            "offset": self.offset,
            "length": self.length,
        }
        optional = {"url": self.url, "language": self.language}
        return entity | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Formatted:
    """Text as people see it, and its entities in the order in which they begin."""

    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int


def units(text: str) -> int:
    """The length of `text` in UTF-16 units, as entities count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def unescape(text: str) -> str:
    """`text` with the references that Telegram knows replaced; any other stays as it is."""

    def character(match: re.Match[str]) -> str:
        hexadecimal, decimal, name = match.groups()
        if name:
            return _NAMED.get(name, match[0])
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return chr(code) if 0 < code < 0x10FFFF else match[0]

    return _REFERENCE.sub(character, text)


class _Reader:
    """Reads once from left to right; the open tags are a stack."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text: list[str] = []
        self._length = 0
        self._stack: list[_Open] = []
        self._entities: list[Entity] = []

    def read(self) -> Formatted:
        at = 0
        while (tag := self._source.find("<", at)) >= 0:
            self._plain(self._source[at:tag])
            at = self._end(tag) if self._source.startswith("</", tag) else self._start(tag)
        self._plain(self._source[at:])
        if self._stack:
            raise MarkupError(
                f'Can\'t find end tag corresponding to start tag "{self._stack[-1].tag}"'
            )
        ordered = sorted(self._entities, key=lambda entity: (entity.offset, -entity.length))
        return Formatted("".join(self._text), tuple(ordered))

    def _plain(self, source: str) -> None:
        text = unescape(source)
        self._text.append(text)
        self._length += units(text)

    def _byte(self, at: int) -> int:
        return len(self._source[:at].encode("utf-8", "surrogatepass"))

    def _start(self, begin: int) -> int:
        match = _START.match(self._source, begin)
        if match is None or match.end() == len(self._source):
            raise MarkupError(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = match[1].lower()
        if tag not in _TYPES:
            raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        attributes, end = self._attributes(tag, begin, match.end())
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            place = self._byte(begin)
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
        self._stack.append(_Open(tag, attributes, self._length))
        return end

    def _attributes(self, tag: str, begin: int, at: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while match := _ATTRIBUTE.match(self._source, at):
            name, value = match.groups()
            if value is None and name != "expandable":
                raise MarkupError(
                    "Expected equal sign in declaration of an attribute of the tag "
                    f'"{tag}" at byte offset {self._byte(begin)}'
                )
            quoted = value is not None and value[:1] in {'"', "'"}
            found[name] = unescape(value[1:-1]) if value and quoted else (value or "").lower()
            at = match.end()
        close = self._source.find(">", at)
        if close < 0 or self._source[at:close].strip():
            raise MarkupError(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return found, close + 1

    def _end(self, begin: int) -> int:
        if not self._stack:
            raise MarkupError(f"Unexpected end tag at byte offset {self._byte(begin)}")
        match = _END.match(self._source, begin)
        if match is None or not match[2]:
            raise MarkupError(f"Unclosed end tag at byte offset {self._byte(begin)}")
        opened, name = self._stack.pop(), match[1].lower()
        if name and name != opened.tag:
            raise MarkupError(
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{opened.tag}>", found "</{name}>"'
            )
        if self._length > opened.offset:
            self._entities.extend(_entity(opened, self._length, "".join(self._text)))
        return match.end()


def _after(text: str, offset: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[2 * offset :].decode("utf-16-le", "replace")


def _entity(opened: _Open, end: int, text: str) -> tuple[Entity, ...]:
    """The entity of a closed tag; none for a link that Telegram would drop."""
    kind, length = _TYPES[opened.tag], end - opened.offset
    if opened.tag == "a":
        target = opened.attributes.get("href") or _after(text, opened.offset)
        try:
            return (Entity(kind, opened.offset, length, url=check_link(target)),)
        except LinkError:
            return ()
    if opened.tag == "blockquote" and "expandable" in opened.attributes:
        kind = "expandable_blockquote"
    language = (
        opened.attributes.get("class", "").removeprefix("language-") if opened.tag == "code" else ""
    )
    return (Entity(kind, opened.offset, length, language=language or None),)


def trim(formatted: Formatted) -> Formatted:
    """The same without white space at its ends, as every message loses it."""
    left = units(formatted.text) - units(formatted.text.lstrip())
    text = formatted.text.strip()
    end = units(text)
    cut = []
    for entity in formatted.entities:
        begin = max(entity.offset - left, 0)
        stop = min(entity.offset + entity.length - left, end)
        if stop > begin:
            cut.append(replace(entity, offset=begin, length=stop - begin))
    return Formatted(text, tuple(cut))


def parse_html(source: str) -> Formatted:
    """Text and entities of `source`, trimmed; raises MarkupError in Telegram's words."""
    return trim(_Reader(source).read())
