"""Who the customer is, how they are reached, what the job costs: and what stands in for what."""

from typing import Any

import pytest

from sync.reconcile.facts import Mirror, Source, facts_of, job_of

CLIENT = {"fullName": "Pat", "phone": "555-0101", "email": "pat@example.com"}


def facts(estimate: dict[str, Any], client: dict[str, Any] | None = None) -> dict[str, Any]:
    source = Source(1, 5, {"status": "In Production"}, estimate, client or {}, {})
    mirror = Mirror({}, {}, frozenset())
    return facts_of(source, job_of(source, mirror, None), mirror)


@pytest.mark.parametrize(
    ("estimate", "client", "phone", "email"),
    [
        ({"phone": "1", "contact": {"phone": "2"}}, CLIENT, "555-0101", "pat@example.com"),
        ({"phone": "1", "email": "e", "contact": {"phone": "2", "email": "f"}}, {}, "1", "e"),
        ({"phone": "", "contact": {"phone": "2", "email": "f"}}, {"phone": ""}, "2", "f"),
        ({"phone": "1"}, CLIENT | {"phone": None}, "1", "pat@example.com"),
        ({"phone": None, "contact": None}, {}, None, None),
        ({}, {}, None, None),
    ],
)
def test_the_customers_phone_and_email_else_those_of_the_estimate(
    estimate: dict[str, Any], client: dict[str, Any], phone: str | None, email: str | None
):
    found = facts(estimate, client)
    assert (found["phone"], found["email"]) == (phone, email)


@pytest.mark.parametrize(
    ("estimate", "price"),
    [
        ({"final_price": 7.5, "tax_details": {"final_price_after_taxes": 8.25}}, 7.5),
        ({"final_price": 0, "tax_details": {"final_price_after_taxes": 8.25}}, 0),
        ({"final_price": None, "tax_details": {"final_price_after_taxes": 8.25}}, 8.25),
        ({"tax_details": {"final_price_after_taxes": None}}, None),
        ({"tax_details": None}, None),
        ({}, None),
    ],
)
def test_the_price_else_that_after_taxes(estimate: dict[str, Any], price: float | None):
    assert facts(estimate)["final_price"] == price
