"""A message shows exactly what was meant, and Telegram takes it."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bot.views.message import (
    LIMIT,
    Html,
    bold,
    clip,
    code,
    compose,
    escape,
    italic,
    joined,
    link,
    plain,
    quote,
    struck,
    units,
)
from sync.texts import one_line

foreign = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
styles = st.sampled_from([escape, bold, italic, struck, code, quote, lambda text: link(text, text)])
lines = st.builds(lambda style, text: style(text), styles, foreign)


class Balance(HTMLParser):
    """Which tags stand open at the end."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@given(foreign)
def test_foreign_text_is_read_as_it_was_written(text):
    shown = one_line(text)
    assert plain(escape(text)) == shown
    assert plain(bold(text)) == shown
    assert plain(link(text, "https://example.com/?a=1&b=2")) == shown


def test_notes_are_quoted_with_their_lines_and_commands_of_none():
    assert quote("Gate\r\ncode <12>\x1b[2J\u202e") == (
        "<blockquote expandable>Gate\ncode &lt;12&gt;�[2J</blockquote>"
    )


@given(st.lists(lines, max_size=40), st.integers(2, 400))
def test_a_composed_message_fits_and_every_tag_is_closed(markup, limit):
    text = compose(markup, limit)
    assert units(text) <= limit
    assert Balance(text).open == []


@given(st.lists(lines, max_size=10))
def test_what_fits_is_not_touched(markup):
    assert compose(markup, 100_000) == "\n".join(markup)


def test_what_does_not_fit_is_cut_at_a_line_end_and_says_so():
    cut = "<b>one</b>\n<b>two</b>\n…"
    assert compose([bold("one"), bold("two"), bold("three")], 9) == cut


def test_a_first_line_that_is_too_long_is_cut_inside():
    assert compose([bold("a & b " * 1000)]).startswith("a &amp; b")
    assert units(compose([bold("a & b " * 1000)])) <= LIMIT


def test_length_is_counted_as_telegram_counts_it():
    assert units("<b>😀</b> &amp; é") == 6


@given(foreign, st.integers(1, 50))
def test_clipped_text_is_never_longer_than_asked(text, limit):
    assert units(escape(clip(text, limit))) <= limit


def test_a_line_that_is_not_there_leaves_no_gap():
    assert compose(["a", None, "b & c"]) == "a\nb &amp; c"
    assert joined(["a", None, "", Html("<b>c</b>")]) == "a · <b>c</b>"
