"""How a phone's messages look on the terminal."""

import io

from rich.console import Console

from bot.demo.cast import BY_KEY
from bot.demo.phones import Screen, styled

MIGUEL = BY_KEY["miguel"].telegram_id
MESSAGE = {
    "text": "Trabajo 141\nHenderson",
    "entities": [{"type": "bold", "offset": 0, "length": 11}],
    "buttons": [
        {"number": 1, "text": "Enterado", "url": None},
        {"number": 2, "text": "Mapa", "url": "https://maps.example"},
    ],
    "rows": [1, 1],
}


def shown(kind: str, *, text: str | None = None, language: str = "en", opened: bool = True) -> str:
    screen = Screen(Console(file=io.StringIO(), width=100), language)
    screen.open = opened
    screen.show(
        {"kind": kind, "chat_id": MIGUEL, "person_id": None, "message": MESSAGE, "text": text}
    )
    return screen.console.file.getvalue()


def test_a_message_shows_its_reader_the_text_and_numbered_buttons():
    lines = [line.strip("│╭╮╰╯─ ") for line in shown("message").splitlines()]
    assert lines == [
        "Miguel Ángel Ruiz · crew leader",
        *("Trabajo 141", "Henderson", "1  Enterado", "2  Mapa ↗", ""),
    ]


def test_what_changes_and_what_a_person_does_is_said_in_the_narrators_language():
    assert "Miguel Ángel Ruiz · jefe de cuadrilla · cambió" in shown("edit", language="es")
    assert "Miguel taps: Enterado" in shown("tap", text="Enterado")
    assert "Miguel writes: Trabajo 141" in shown("sent")
    assert "Miguel bloquea el bot" in shown("membership", text="blocked", language="es")


def test_nothing_is_shown_of_a_tap_without_words_nor_before_the_screen_is_open():
    assert (shown("toast"), shown("message", opened=False)) == ("", "")


def test_looks_follow_the_entities_which_count_in_utf_16():
    text = styled(
        "🏠 Casa y sitio",
        [
            {"type": "bold", "offset": 3, "length": 4},
            {"type": "text_link", "offset": 10, "length": 5, "url": "https://a.example"},
        ],
    )
    looks = [(text.plain[span.start : span.end], str(span.style)) for span in text.spans]
    assert looks == [("Casa", "bold"), ("sitio", "underline link https://a.example")]
