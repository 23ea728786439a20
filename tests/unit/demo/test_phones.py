"""How a phone's messages look on the terminal, and who is known to have seen more."""

import asyncio
import io

from rich.console import Console

from bot.demo.cast import BY_KEY
from bot.demo.phones import drawn, styled
from bot.demo.screen import Screen

MIGUEL = BY_KEY["miguel"]


def event(kind: str = "message", **more) -> dict:
    message = {
        "text": "Trabajo 141\nHenderson",
        "entities": [{"type": "bold", "offset": 0, "length": 11}],
        "buttons": [
            {"number": 1, "text": "Enterado", "url": None},
            {"number": 2, "text": "Mapa", "url": "https://maps.example"},
        ],
        "rows": [1, 1],
    }
    chat = MIGUEL.telegram_id
    return {
        "kind": kind,
        "chat_id": chat,
        "person_id": None,
        "message": message,
        "text": None,
    } | more


def plain(picture: object) -> str:
    output = io.StringIO()
    Console(file=output, width=100).print(picture)
    return output.getvalue()


def test_a_message_shows_its_reader_his_language_the_text_and_numbered_buttons():
    shown = plain(drawn(event()))
    for words in (
        "Miguel Ángel Ruiz",
        "crew leader",
        "Español",
        "Henderson",
        "1  Enterado",
        "2  Mapa ↗",
    ):
        assert words in shown


def test_an_edit_is_shown_as_a_change():
    assert "changed" in plain(drawn(event("edit")))


def test_what_a_person_does_is_shown_too():
    tap = event("tap", person_id=MIGUEL.telegram_id, text="Enterado")
    assert "Miguel taps: Enterado" in plain(drawn(tap))


def test_a_tap_answered_without_words_shows_nothing():
    assert drawn(event("toast", person_id=MIGUEL.telegram_id)) is None


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


def test_only_the_answer_to_start_is_shortened_and_only_in_the_opening():
    output = io.StringIO()
    screen = Screen(Console(file=output, width=100))
    screen.show(event())
    screen.show(event())
    greeting, *frame = output.getvalue().splitlines()
    assert greeting == "   Miguel ◂ Trabajo 141 …"
    assert "Miguel Ángel Ruiz" in frame[0]


async def test_who_has_seen_nothing_new_is_named():
    screen = Screen(Console(file=io.StringIO()))
    wanted = screen.after(("miguel", "chris"))
    async with asyncio.TaskGroup() as tasks:
        missing = tasks.create_task(screen.reaches(wanted, 0.05))
        screen.show(event())
    assert missing.result() == ["chris"]


async def test_who_should_see_two_things_has_not_seen_one():
    screen = Screen(Console(file=io.StringIO()))
    screen.show(event())
    wanted = screen.after(("miguel", "miguel"))
    screen.show(event("edit"))
    assert await screen.reaches(wanted, 0) == ["miguel"]
    screen.show(event("edit"))
    assert await screen.reaches(wanted, 0) == []


def test_the_screen_knows_the_newest_invitation():
    screen = Screen(Console(file=io.StringIO()))
    assert screen.invitation is None
    for code in ("one-Code_1", "two-Code_2"):
        message = event()["message"] | {"text": f"https://t.me/jobs_bot?start={code}\nIt is …"}
        screen.show(event(message=message))
    screen.show(event())
    assert screen.invitation == "two-Code_2"
