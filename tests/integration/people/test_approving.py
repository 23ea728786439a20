"""Approving one who waits: once, and nobody who does not."""

import pytest

from bot.people.approving import approve
from bot.people.identity import Identity, Role

OPERATOR = Identity(900, roles=frozenset({Role.OPERATOR}))


@pytest.mark.parametrize(
    ("columns", "waited"),
    [
        ({"status": "pending"}, True),
        ({"status": "active"}, False),
        ({"status": "inactive"}, False),
        ({"status": "rejected"}, False),
        ({"status": "pending", "is_deleted": True}, False),
    ],
)
async def test_only_who_waits_is_approved(company, connection, columns, waited):
    id = await company.employee("Chris Jordan", **columns)
    assert await approve(connection, id, OPERATOR) is waited
    status = await connection.fetchval("SELECT status FROM botzilla.employee")
    assert status == ("active" if waited else columns["status"])
    assert not await approve(connection, id, OPERATOR)


async def test_an_office_of_another_kind_approves_in_no_ones_name(company, connection):
    """`approved_by` is the row in which somebody manages."""
    id = await company.employee("Chris Jordan", status="pending")
    await approve(connection, id, Identity(1, roles=frozenset({Role.OPERATOR}), user_ids=(7,)))
    assert await connection.fetchval("SELECT approved_by FROM botzilla.employee") is None
