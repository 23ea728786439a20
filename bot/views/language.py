"""The languages the bot speaks: English is written in the code, Spanish is a gettext catalogue.

`words.say("Job {number}", number=7)` is the sentence in the reader's language as HTML, every value
escaped; `label` is the same as plain text, for buttons, menus and short answers to taps. Dates,
numbers and plurals are Babel's. The catalogues (`bot/locales`) are read from their `.po` files at
the first use, so there is nothing to compile; `tests/unit/views/test_catalogue.py` keeps them
complete.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal

from bot.views.catalogue import N_ as N_  # whoever speaks takes it from here, too
from bot.views.catalogue import catalogue as catalogue
from bot.views.message import Html, escape
from sync.model.states import State, official

LANGUAGES = ("en", "es")
#: Where our people live: the locale tells Babel how they write dates and numbers.
_LOCALES = {"en": "en_US", "es": "es_US"}


#: The glossary: how each official state is called; an unknown state keeps its own words.
STATES = {
    State.REQUIRES_CREW_LEAD: N_("Requires Crew Lead"),
    State.PLANS_IN_PROGRESS: N_("Plans In Progress"),
    State.PENDING_REVIEW: N_("Pending Review"),
    State.REQUIRES_SCHEDULING: N_("Requires Scheduling"),
    State.PRE_PRODUCTION: N_("Pre-Production"),
    State.IN_PRODUCTION: N_("In Production"),
    State.PRODUCTION_COMPLETE: N_("Production Complete"),
    State.PENDING_PAYMENT: N_("Pending Payment"),
    State.CLOSED_JOB: N_("Closed Job"),
}


def spoken(language_code: str | None, default: str) -> str:
    """The language for somebody whose Telegram says `language_code` (`es-MX`), else `default`."""
    language = (language_code or "").replace("_", "-").split("-")[0].lower()
    return language if language in LANGUAGES else default


@dataclass(frozen=True, slots=True)
class Words:
    """How we speak to one reader: their language, the company's time zone, Attic Tech's pages."""

    language: str
    zone: ZoneInfo
    web_url: str = "https://www.attic-tech.com"

    def say(self, sentence: str, /, **values: object) -> Html:
        """The sentence as markup; each value is escaped unless it is markup already."""
        said = catalogue(self.language).gettext(sentence)
        return Html(said.format(**{name: escape(value) for name, value in values.items()}))

    def label(self, sentence: str, /, **values: object) -> str:
        """The sentence as plain text."""
        return catalogue(self.language).gettext(sentence).format(**values)

    def plural(self, one: str, many: str, n: int, /, **values: object) -> Html:
        """The sentence for `n` things as markup; `{n}` is the number as the reader writes it."""
        said = catalogue(self.language).ngettext(one, many, n)
        escaped = {name: escape(value) for name, value in values.items()}
        return Html(said.format(n=self.number(n), **escaped))

    def state(self, name: str | None) -> str:
        """What a state is called; the words themselves when it is none of the nine."""
        state = official(name)
        return (name or "") if state is None else self.label(STATES[state])

    def moment(self, at: datetime) -> str:
        """Date and time where the company is."""
        locale = _LOCALES[self.language]
        local = at.astimezone(self.zone)
        day, hour = format_date(local, "medium", locale), format_time(local, "short", locale=locale)
        return f"{day}, {hour}"

    def ago(self, length: timedelta) -> str:
        """`2 minutes ago`."""
        return format_timedelta(-length, add_direction=True, locale=_LOCALES[self.language])

    def length(self, length: timedelta) -> str:
        """`2 minutes`."""
        return format_timedelta(length, locale=_LOCALES[self.language])

    def number(self, number: float) -> str:
        return str(format_decimal(number, locale=_LOCALES[self.language]))

    def money(self, dollars: float) -> str:
        return str(format_currency(dollars, "USD", locale=_LOCALES[self.language]))
