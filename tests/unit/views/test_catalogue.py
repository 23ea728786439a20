"""The catalogues say everything that the code says, and nothing else, with the same placeholders.

A failure prints the entries that are missing, ready to be translated into
`bot/locales/<language>/LC_MESSAGES/jobsync.po`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TypeAlias

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import bot
from bot.views.language import LANGUAGES, STATES
from sync.model.states import State

SOURCE = Path(bot.__file__).parent
#: How the code marks a sentence: `say` and `label` speak it, `N_` leaves it for later, `plural`
#: takes two forms. The value is the number of forms.
KEYWORDS = {"say": 1, "label": 1, "N_": 1, "plural": 2}
Sentence: TypeAlias = str | tuple[str, ...]


def spoken() -> set[Sentence]:
    # By syntax tree: gettext's own extraction is blind within f-strings.
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {sentence for call in calls if (sentence := marked(call))}


def marked(call: ast.Call) -> Sentence | None:
    """The literal sentence of a call; one that comes in a variable was marked where it is made."""
    name = getattr(call.func, "attr", getattr(call.func, "id", None))
    forms = [a.value for a in call.args[: KEYWORDS.get(name, 0)] if isinstance(a, ast.Constant)]
    return tuple(forms) if len(forms) > 1 else next(iter(forms), None)


def catalogue(language: str) -> Catalog:
    with (SOURCE / "locales" / language / "LC_MESSAGES" / "jobsync.po").open("rb") as po:
        return read_po(po, locale=language, abort_invalid=True)


def sentences(language: str) -> Iterator[Message]:
    return (message for message in catalogue(language) if message.id)


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def forms(text: Sentence) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


@pytest.fixture(params=[language for language in LANGUAGES if language != "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_sentence_of_the_code_is_translated(language):
    translated = {message.id for message in sentences(language) if all(forms(message.string))}
    missing = spoken() - translated
    assert not missing, "\n\n".join(
        f'msgid "{sentence}"\nmsgstr ""' for sentence in sorted(map(str, missing))
    )


def test_a_catalogue_holds_no_sentence_that_nobody_says(language):
    assert {message.id for message in sentences(language)} - spoken() == set()
    assert not catalogue(language).obsolete


def test_no_translation_is_fuzzy(language):
    assert [message.id for message in sentences(language) if message.fuzzy] == []


def test_a_translation_has_the_placeholders_of_its_sentence(language):
    for message in sentences(language):
        wanted = placeholders(forms(message.id)[-1])
        for form in forms(message.string):
            assert placeholders(form) == wanted, (message.id, form)


def test_no_two_states_share_a_name(language):
    names = {catalogue(language).get(sentence).string for sentence in STATES.values()}
    assert len(names) == len(State) == len(STATES)
