"""The facts of a job as every alert and card shows them: lines to read, and buttons for the thumb.

What a reader may not see is left out here by `contact` and `price`; who may see what is decided
in `bot/people`.
"""

from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import quote_plus

import phonenumbers
from aiogram.types import CopyTextButton, InlineKeyboardButton

from bot.views.language import Words
from bot.views.message import Html, bold, clip, joined, link


class CrewFacts(TypedDict):
    """Somebody in the crew, by his Attic Tech id."""

    id: int
    name: str


class JobFacts(TypedDict, total=False):
    """`job_sync.attic_tech_data`: what Attic Tech says of a job; null where it is silent."""

    job_id: int | None
    estimate_id: int | None
    name: str
    status: str | None
    customer: str | None
    phone: str | None
    email: str | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    branch: str | None
    branch_id: int | None
    sales_person: str | None
    crew_leader: str | None
    crew: list[CrewFacts]
    final_price: float | None
    labor_hours: float | None
    crew_notes: str | None
    updated_at: str | None


def number(job: JobFacts) -> str:
    """What one types after `/job`: `7` for a job, `E12` for a sold estimate that has none yet."""
    job_id = job.get("job_id")
    return f"E{job.get('estimate_id')}" if job_id is None else str(job_id)


def hash_number(job: JobFacts) -> str:
    """The number as it is shown: `#7`, `E12`."""
    written = number(job)
    return written if written.startswith("E") else f"#{written}"


def name(job: JobFacts) -> str:
    return job.get("name") or "—"


def title(job: JobFacts) -> Html:
    """The first line of everything about one job: its name and number."""
    return Html(f"{bold(clip(name(job), 200))} · {hash_number(job)}")


def phone(job: JobFacts) -> str | None:
    """The customer's phone as any phone can call it (`+1-619-555-0142`), else as it is written."""
    words = (job.get("phone") or "").strip()
    try:
        parsed = phonenumbers.parse(words, "US")
    except phonenumbers.NumberParseException:
        return clip(words, 64) or None
    if not phonenumbers.is_possible_number(parsed):
        return clip(words, 64)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written.replace(" ", "-", 1) if parsed.country_code == 1 else written


def address(job: JobFacts) -> str | None:
    """`12 Elm St, San Diego, CA 92101`, as far as it is known."""
    region = " ".join(part for part in (job.get("state"), job.get("postal_code")) if part)
    parts = (job.get("address"), job.get("city"), region)
    return clip(", ".join(part.strip() for part in parts if part and part.strip()), 300) or None


def street(job: JobFacts) -> str | None:
    """`12 Elm St, San Diego`: what tells addresses apart in a list on a phone."""
    return address({**job, "state": None, "postal_code": None})


def directions(where: str) -> str:
    """A page that leads there, on any phone."""
    return f"https://www.google.com/maps/dir/?api=1&destination={quote_plus(where)}"


def page(job: JobFacts, words: Words) -> str | None:
    """The job's page in Attic Tech; a sold estimate without a job has none."""
    job_id = job.get("job_id")
    return None if job_id is None else f"{words.web_url.rstrip('/')}/jobs/{job_id}"


def fact_lines(
    job: JobFacts, words: Words, *, contact: bool = True, price: bool = False
) -> list[Html]:
    """The facts that are known, a line each; customer's phone and address only with `contact`."""
    return [*_customer(job, words, contact=contact), *_company(job, words, price=price)]


def _customer(job: JobFacts, words: Words, *, contact: bool) -> Iterator[Html]:
    if customer := job.get("customer"):
        yield words.say("Customer: {name}", name=clip(customer, 200))
    if contact and (number_ := phone(job)):
        yield joined(("📞", number_), " ")
    if contact and (where := address(job)):
        yield joined(("📍", link(where, directions(where))), " ")


def _company(job: JobFacts, words: Words, *, price: bool) -> Iterator[Html]:
    if branch := job.get("branch"):
        yield words.say("Branch: {name}", name=clip(branch, 100))
    if sales_person := job.get("sales_person"):
        yield words.say("Salesperson: {name}", name=clip(sales_person, 100))
    if leader := job.get("crew_leader"):
        yield words.say("Crew leader: {name}", name=clip(leader, 100))
    if (amount := job.get("final_price")) is not None and price:
        yield words.say("Price: {amount}", amount=words.money(amount))


def fact_buttons(
    job: JobFacts, words: Words, *, contact: bool = True, there: bool = True
) -> list[list[InlineKeyboardButton]]:
    """Rows of buttons that need nothing of us: the page in Attic Tech (if the job is still there),
    directions, the phone.
    """
    first: list[InlineKeyboardButton] = []
    if there and (url := page(job, words)):
        first.append(InlineKeyboardButton(text=words.label("Open in Attic Tech"), url=url))
    second: list[InlineKeyboardButton] = []
    if contact and (where := address(job)):
        second.append(InlineKeyboardButton(text=words.label("Directions"), url=directions(where)))
    if contact and (number_ := phone(job)):
        copied = CopyTextButton(text=number_)
        second.append(InlineKeyboardButton(text=words.label("Copy phone"), copy_text=copied))
    return [row for row in (first, second) if row]
