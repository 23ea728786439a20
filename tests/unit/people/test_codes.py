"""Which codes are good, for whom, and what could be a code."""

import pytest

from bot.people.accounts import Traits
from bot.people.codes import Found, Outcome, codes_in, refusal

CHRIS, ANOTHER = 102, 103
CODE = "aB3-_" * 6 + "xy"


def invite(**more) -> Found:
    values = {
        "id": 1,
        "employee_id": 5,
        "invited_by": "user:3",
        "used": False,
        "voided": False,
        "expired": False,
        "name": "Chris Jordan",
        "email": "chris@example.com",
        "phone": "(619) 555-0142",
        "his": False,
        "inviter": "101",
    }
    return Found(**values | more)


def test_an_open_code_is_good_for_whoever_has_it():
    assert refusal(invite(), CHRIS, []) is None


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ({"used": True}, Outcome.USED),
        ({"voided": True}, Outcome.VOIDED),
        ({"expired": True}, Outcome.EXPIRED),
        ({"used": True, "voided": True, "expired": True}, Outcome.USED),
        ({"voided": True, "expired": True}, Outcome.VOIDED),
    ],
)
def test_a_worn_code_says_why_and_tells_the_linked_that_he_is(state, outcome):
    assert refusal(invite(**state), CHRIS, []) is outcome
    assert refusal(invite(**state, his=True), CHRIS, []) is Outcome.ALREADY_YOURS


def test_an_operator_who_tries_his_own_link_does_not_become_the_invited():
    own = invite(invited_by="telegram:900")
    assert refusal(own, 900, []) is Outcome.TAKEN
    assert refusal(own, 90, []) is None


@pytest.mark.parametrize(
    ("user", "taken"),
    [
        (Traits("ada@example.com", "619 555 0199"), True),
        (Traits("", None), True),
        (Traits(" CHRIS@example.com", None), False),
        (Traits("office@example.com", "+1 619-555-0142"), False),
    ],
)
def test_a_user_of_botzilla_is_the_invited_only_by_email_or_phone(user, taken):
    assert refusal(invite(), CHRIS, [user]) is (Outcome.TAKEN if taken else None)
    assert refusal(invite(his=True), CHRIS, [user]) is None


def test_two_users_must_both_be_the_invited():
    users = [Traits("chris@example.com", None), Traits("ada@example.com", None)]
    assert refusal(invite(), CHRIS, users) is Outcome.TAKEN


def test_without_an_email_or_phone_nobody_is_the_same():
    bare = invite(email=None, phone="none")
    assert refusal(bare, CHRIS, [Traits("", "none")]) is Outcome.TAKEN


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (CODE, (CODE,)),
        (f"/start {CODE}", (CODE,)),
        (f"https://t.me/jobs_bot?start={CODE}", (CODE,)),
        (f"look: {CODE}. And {CODE}!", (CODE,)),
        (CODE + "x", ()),
        (CODE[1:], ()),
        (CODE[:-1] + "é", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_what_could_be_a_code(text, codes):
    assert codes_in([text]) == codes
