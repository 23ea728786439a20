"""`make pictures`: draws docs/phones.svg, three phones with what the demo really shows on them.

The colours are the picture's own, so that it reads the same on a light and on a dark page.
"""

import asyncio
import io
import sys
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.demo.cast import BY_KEY, BY_TELEGRAM_ID, Person
from bot.demo.children import own_folder
from bot.demo.phones import Screen
from bot.demo.play import play, typed_lines
from bot.demo.stage import set_up

PICTURE = Path(__file__).with_name("phones.svg")
#: Whose phone is drawn, with the first message of the scene that begins so.
SHOWN = (("dana", "Amy sells"), ("miguel", "Miguel takes"), ("amy", "A job that Amy sold"))
_WIDTH, _HEIGHT, _PHONE, _GAP = 960, 520, 290, 22
_LINE, _LETTERS, _BOLD = 19, 34, 31  # pixels from line to line, letters in one, if it is bold
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #17212b }
.name { font-weight: 600; font-size: 15px }
.role { fill: #5b6b7a }
.bold { font-weight: 600 }
.button { fill: #2a6fb0; text-anchor: middle }
"""

Message = Mapping[str, Any]


class Camera(Screen):
    """A screen that keeps the first message of each person in each scene."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.scene = ""
        self.taken: dict[tuple[str, str], Message] = {}

    def title(self, sentence: str) -> None:
        self.scene = sentence

    def show(self, event: Mapping[str, Any]) -> None:
        super().show(event)
        if event["kind"] == "message":
            key = BY_TELEGRAM_ID[event["chat_id"]].key
            self.taken.setdefault((key, self.scene), event["message"])


async def photograph() -> Iterator[tuple[Person, Message]]:
    """Each of SHOWN with the message, after the demo's day was played."""
    camera = Camera()
    with own_folder() as folder:
        async with set_up(folder, None) as stage:
            await play(stage, camera, typed_lines(None), asked=False)
    return (
        (BY_KEY[key], message)
        for key, begins in SHOWN
        for (who, scene), message in camera.taken.items()
        if who == key and scene.startswith(begins)
    )


def _lines(message: Message) -> Iterator[tuple[str, bool]]:
    """The message as it is wrapped, and what of it is bold."""
    offset, bold = 0, [one for one in message["entities"] if one["type"] == "bold"]
    for line in message["text"].split("\n"):
        strong = any(one["offset"] <= offset < one["offset"] + one["length"] for one in bold)
        parts = textwrap.wrap(line, _BOLD if strong else _LETTERS) or [""]
        yield from ((part, strong) for part in parts)
        offset += len(line.encode("utf-16-le")) // 2 + 1


def _rows(message: Message) -> Iterator[list[str]]:
    buttons = iter(message["buttons"])
    for length in message["rows"]:
        yield [next(buttons)["text"] for _ in range(length)]


def phone(person: Person, message: Message, left: int) -> Iterator[str]:
    """One phone, as elements of an SVG."""
    lines, width = list(_lines(message)), _PHONE - 24
    yield f'<g transform="translate({left} 0)">'
    yield f'<text class="name" x="4" y="40">{escape(person.name)}</text>'
    role = f"{person.role.value} · {'Español' if person.language == 'es' else 'English'}"
    yield f'<text class="role" x="4" y="60">{role}</text>'
    yield f'<rect y="74" width="{_PHONE}" height="{_HEIGHT - 98}" rx="26" fill="#b9d3e3"/>'
    height = len(lines) * _LINE + 18
    yield f'<rect x="12" y="98" width="{width}" height="{height}" rx="12" fill="#fff"/>'
    for number, (line, bold) in enumerate(lines):
        look = "said bold" if bold else "said"
        place = f'x="24" y="{98 + 22 + number * _LINE}"'
        yield f'<text class="{look}" {place}>{escape(line)}</text>'
    top = 98 + height + 6
    for row in _rows(message):
        each = (width - 6 * (len(row) - 1)) // len(row)
        for number, text in enumerate(row):
            x = 12 + number * (each + 6)
            yield f'<rect x="{x}" y="{top}" width="{each}" height="30" rx="8" fill="#e4eff7"/>'
            yield f'<text class="button" x="{x + each // 2}" y="{top + 20}">{escape(text)}</text>'
        top += 36
    yield "</g>"


def picture(shown: Iterator[tuple[Person, Message]]) -> str:
    """The whole SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        "<title>What three phones show</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="18" fill="#eef3f6"/>',
    ]
    for number, (person, message) in enumerate(shown):
        parts += phone(person, message, 23 + number * (_PHONE + _GAP))
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(asyncio.run(photograph())), encoding="utf-8")
    sys.stdout.write(f"{PICTURE}\n")
