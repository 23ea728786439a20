"""What the phones show, drawn on a terminal as it comes: a frame per message, with its buttons."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from bot.demo.cast import BY_KEY, BY_TELEGRAM_ID, Person, Role
from bot.demo.stage import Control
from bot.views.catalogue import N_, catalogue

_WIDTH = 74
_COLOURS = dict(zip(Role, ("blue", "green", "magenta", "cyan", "yellow", "red"), strict=True))
_STYLES = {"bold": "bold", "italic": "italic", "code": "cyan", "bot_command": "bold cyan"}
_DEEDS = {
    "sent": N_("writes: {words}"),
    "tap": N_("taps: {words}"),
    "toast": N_("sees for a moment: {words}"),
    "blocked": N_("blocks the bot"),
    "unblocked": N_("unblocks the bot"),
}
#: The deep link of an invitation.
_INVITATION = re.compile(r"[?&]start=([\w-]+)")


def styled(text: str, entities: Sequence[Mapping[str, Any]]) -> Text:
    """`text` with the look that its entities give it; their offsets count UTF-16 units."""
    shown, encoded = Text(text), text.encode("utf-16-le")

    def place(units: int) -> int:
        return len(encoded[: 2 * units].decode("utf-16-le", "ignore"))

    for entity in entities:
        begin, end = place(entity["offset"]), place(entity["offset"] + entity["length"])
        if url := entity.get("url"):
            shown.stylize(f"underline link {url}", begin, end)
        elif style := _STYLES.get(entity["type"]):
            shown.stylize(style, begin, end)
    return shown


def _buttons(message: Mapping[str, Any]) -> list[Text]:
    buttons, rows = iter(message["buttons"]), []
    for length in message["rows"]:
        row = Text()
        for button in (next(buttons) for _ in range(length)):
            row.append(f" {button['number']} ", "reverse")
            row.append(f" {button['text']}{' ↗' if button['url'] else ''}   ")
        rows.append(row)
    return rows


def _frame(person: Person, message: Mapping[str, Any], note: str) -> RenderableType:
    body = Group(styled(message["text"], message["entities"]), *_buttons(message))
    title = Text.assemble((person.name, "bold"), note)
    colour = _COLOURS[person.role]
    return Panel(
        body, title=title, title_align="left", border_style=colour, width=_WIDTH, padding=(0, 1)
    )


def drawn(event: Mapping[str, Any], say: Callable[..., str]) -> RenderableType | None:
    """One event of the pretend Telegram as a terminal shows it; None if there is nothing to see."""
    person = BY_TELEGRAM_ID.get(event["person_id"] or event["chat_id"])
    kind, text, message = event["kind"], event["text"], event["message"]
    if person is None or (kind == "toast" and not text):
        return None
    if kind in ("message", "edit"):
        role = say(person.role.value)
        changed = say(N_(" · changed")) if kind == "edit" else ""
        return _frame(person, message, f" · {role}{changed}")
    if not (deed := _DEEDS.get(text if kind == "membership" else kind)):
        return None
    words = say(deed, words=message["text"] if kind == "sent" else text)
    return Align.right(Text.assemble((f"{person.first_name} ", "bold"), words), width=_WIDTH)


class Screen:
    """The terminal: draws events once it is `open`, and knows whose phone has shown how much.

    `invitation` is the code of the newest invitation that a phone has shown.
    """

    def __init__(self, console: Console, language: str = "en") -> None:
        self.console, self._language = console, language
        self.open = False
        self.invitation: str | None = None
        self._shown: Counter[tuple[int, str]] = Counter()
        self._changed = asyncio.Event()

    def show(self, event: Mapping[str, Any]) -> None:
        """Draw one event."""
        if self.open and (picture := drawn(event, self.label)):
            self.console.print(picture)
        if found := _INVITATION.search(str(event["message"])):
            self.invitation = found[1]
        self._shown[event["chat_id"], event["kind"]] += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def label(self, sentence: str, **values: object) -> str:
        """The narrator's sentence, in the narrator's language."""
        return catalogue(self._language).gettext(sentence).format(**values)

    def title(self, sentence: str) -> None:
        """The title of what happens next."""
        self.console.rule(self.label(sentence), align="left", style="dim")

    def advise(self, sentence: str, **values: object) -> None:
        """Words for whoever sits at the terminal."""
        text = self.label(sentence, **values)
        self.console.print(text, style="dim", highlight=False, markup=False)

    def expecting(self, hear: str, changed: str = "") -> Counter[tuple[int, str]]:
        """What phones will have shown after these messages and edits; a key twice is two."""
        more = Counter((BY_KEY[key].telegram_id, "message") for key in hear.split())
        more += Counter((BY_KEY[key].telegram_id, "edit") for key in changed.split())
        return Counter({what: self._shown[what] + n for what, n in more.items()})

    async def reaches(self, wanted: Counter[tuple[int, str]], seconds: float) -> list[str]:
        """Whose phone has shown less than is `wanted`, once nobody is left or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while wanted - self._shown:
                    await self._changed.wait()
        return [BY_TELEGRAM_ID[id_].key for id_, _ in wanted - self._shown]

    async def follow(self, telegram: Control) -> None:
        """Show everything that happens, for ever."""
        after = 0
        while True:
            for event in await telegram.events(after):
                self.show(event)
                after = event["seq"]
