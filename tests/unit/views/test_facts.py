"""The facts of a job, as every alert and card shows them."""

from zoneinfo import ZoneInfo

import pytest

from bot.views.facts import (
    JobFacts,
    address,
    fact_buttons,
    fact_lines,
    number,
    page,
    phone,
    street,
    title,
)
from bot.views.language import Words, spoken
from bot.views.message import plain

ENGLISH = Words("en", ZoneInfo("America/Los_Angeles"))
SPANISH = Words("es", ZoneInfo("America/Los_Angeles"))


def job(**facts) -> JobFacts:
    return {
        "job_id": 7,
        "estimate_id": 12,
        "name": "Ruiz <Attic> & Sons",
        "customer": "Ana Ruiz",
        "phone": "619.555.0142",
        "address": "12 Elm St",
        "city": "San Diego",
        "state": "CA",
        "postal_code": "92101",
        "branch": "San Diego",
        "sales_person": "Sam Lee",
        "crew_leader": "Chris Jordan",
        "final_price": 12500.5,
        **facts,
    }


def test_everything_known_is_a_line():
    assert [plain(line) for line in fact_lines(job(), ENGLISH, price=True)] == [
        "Customer: Ana Ruiz",
        "📞 +1-619-555-0142",
        "📍 12 Elm St, San Diego, CA 92101",
        "Branch: San Diego",
        "Salesperson: Sam Lee",
        "Crew leader: Chris Jordan",
        "Price: $12,500.50",
    ]


def test_what_a_reader_may_not_see_is_left_out():
    said = "\n".join(fact_lines(job(), SPANISH, contact=False))
    assert said == (
        "Cliente: Ana Ruiz\nSucursal: San Diego\nVendedor: Sam Lee\nJefe de cuadrilla: Chris Jordan"
    )
    assert [
        button.text for row in fact_buttons(job(), SPANISH, contact=False) for button in row
    ] == ["Abrir en Attic Tech"]


def test_nothing_known_is_no_line():
    empty: JobFacts = {"job_id": 7, "name": "Ruiz"}
    assert fact_lines(empty, ENGLISH, price=True) == []
    assert [len(row) for row in fact_buttons(empty, ENGLISH)] == [1]


def test_a_name_is_shown_as_written():
    assert title(job()) == "<b>Ruiz &lt;Attic&gt; &amp; Sons</b> · #7"
    assert title(job(job_id=None)) == "<b>Ruiz &lt;Attic&gt; &amp; Sons</b> · E12"


def test_a_sold_estimate_has_no_page_of_a_job():
    assert page(job(), ENGLISH) == "https://www.attic-tech.com/jobs/7"
    assert page(job(job_id=None), ENGLISH) is None
    assert number(job(job_id=None)) == "E12"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("(619) 555-0142", "+1-619-555-0142"),
        ("+1 619 555 0142", "+1-619-555-0142"),
        ("6195550142", "+1-619-555-0142"),
        ("+52 55 1234 5678", "+52 55 1234 5678"),
        ("call the office", "call the office"),
        ("12", "12"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_phone_in_any_format_can_be_called(written, shown):
    assert phone(job(phone=written)) == shown


def test_an_address_is_as_long_as_it_is_known():
    assert address(job(address=None, state=None)) == "San Diego, 92101"
    assert street(job()) == "12 Elm St, San Diego"
    assert address(job(address="", city=None, state=None, postal_code=None)) is None


def test_a_language_that_we_do_not_speak_is_the_default():
    assert [spoken(code, "en") for code in ("es", "es-MX", "pt", None, "", "en_US")] == [
        *("es", "es", "en", "en", "en", "en")
    ]
    assert spoken("pt", "es") == "es"


def test_an_unknown_state_keeps_its_words():
    assert SPANISH.state("Uploading Shifts") == "Uploading Shifts"
    assert SPANISH.state(" in  production ") == "En producción"
    assert SPANISH.state(None) == ""
