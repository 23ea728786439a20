"""What the phones show, drawn for a terminal: a frame per message, its reader and its buttons."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.align import Align
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from bot.demo.cast import BY_TELEGRAM_ID, Person, Role

_WIDTH = 74
_LANGUAGES = {"en": "English", "es": "Español"}
_COLOURS = {
    Role.MANAGER: "blue",
    Role.LEADER: "green",
    Role.SALES: "magenta",
    Role.CREW: "cyan",
    Role.OPERATOR: "yellow",
    Role.STRANGER: "red",
}
_STYLES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "code": "cyan",
    "pre": "cyan",
    "spoiler": "dim",
    "blockquote": "italic",
    "expandable_blockquote": "italic",
    "bot_command": "bold cyan",
}


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
    buttons, rows = list(message["buttons"]), []
    for length in message["rows"]:
        row = Text()
        for button in buttons[:length]:
            row.append(f" {button['number']} ", "reverse")
            row.append(f" {button['text']}{' ↗' if button['url'] else ''}   ")
        rows.append(row)
        buttons = buttons[length:]
    return rows


def _received(person: Person, message: Mapping[str, Any], note: str) -> RenderableType:
    body = Group(styled(message["text"], message["entities"]), *_buttons(message))
    language = _LANGUAGES.get(person.language, person.language)
    title = Text.assemble((person.name, "bold"), f" · {person.role.value} · {language}{note}")
    colour = _COLOURS[person.role]
    return Panel(
        body, title=title, title_align="left", border_style=colour, width=_WIDTH, padding=(0, 1)
    )


def _done(person: Person, words: str) -> RenderableType:
    line = Text.assemble((f"{person.first_name} ", "bold"), words)
    return Align.right(line, width=_WIDTH)


def drawn(event: Mapping[str, Any]) -> RenderableType | None:
    """One event of the pretend Telegram as a terminal shows it; None if there is nothing to see."""
    person = BY_TELEGRAM_ID.get(event["person_id"] or event["chat_id"])
    if person is None:
        return None
    message = event["message"]
    match event["kind"]:
        case "message":
            return _received(person, message, "")
        case "edit":
            return _received(person, message, " · changed")
        case "sent":
            return _done(person, f"writes: {message['text']}")
        case "tap":
            return _done(person, f"taps: {event['text']}")
        case "toast":
            return _done(person, f"sees for a moment: {event['text']}") if event["text"] else None
        case "delete":
            return _done(person, "sees a message go away")
        case "membership":
            return _done(person, f"{event['text']} the bot")
    return None


def greeting(event: Mapping[str, Any]) -> RenderableType | None:
    """An answer to /start in one line: a dozen frames would hide what comes after them."""
    person = BY_TELEGRAM_ID.get(event["chat_id"])
    if person is None or event["kind"] != "message":
        return None
    first, _, more = event["message"]["text"].partition("\n")
    line = Text.assemble(
        (f"{person.first_name:>9} ", f"bold {_COLOURS[person.role]}"), f"◂ {first}"
    )
    return line.append(" …", "dim") if more.strip() else line
