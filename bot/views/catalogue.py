"""The sentences in each language, as gettext has them; nothing of Telegram is imported for them."""

import gettext
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext knows
    """`sentence`, marked for the catalogues, to be said later."""
    return sentence


@lru_cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The sentences of a language; English, and what a catalogue lacks, are as in the code."""
    if language == "en":
        return gettext.NullTranslations()
    po = files("bot").joinpath("locales", language, "LC_MESSAGES", "jobsync.po")
    compiled = BytesIO()
    with po.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
