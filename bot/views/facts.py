"""The facts of a job as every alert and card shows them: lines to read, and buttons for the thumb.

What a reader may not see is left out before (`bot/access.py`), or here by `contact` and `price`.
"""

from collections.abc import Iterator
from urllib.parse import quote_plus

import phonenumbers
from aiogram.types import CopyTextButton, InlineKeyboardButton

from bot.views.language import Words
from bot.views.message import Html, bold, clip, joined, link, quote
from sync.model.facts import JobFacts


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
    yield from branch_line(job, words)
    if sales_person := job.get("sales_person"):
        yield words.say("Salesperson: {name}", name=clip(sales_person, 100))
    if leader := job.get("crew_leader"):
        yield words.say("Crew leader: {name}", name=clip(leader, 100))
    if (amount := job.get("final_price")) is not None and price:
        yield words.say("Price: {amount}", amount=words.money(amount))


def branch_line(job: JobFacts, words: Words) -> Iterator[Html]:
    """The branch, if it is known."""
    if branch := job.get("branch"):
        yield words.say("Branch: {name}", name=clip(branch, 100))


def work_lines(job: JobFacts, words: Words) -> Iterator[Html]:
    """What the crew goes by: hours, and the notes as they are."""
    if (hours := job.get("labor_hours")) is not None:
        yield words.say("Labor hours: {hours}", hours=words.number(hours))
    if notes := (job.get("crew_notes") or "").strip():
        yield quote(notes)


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
