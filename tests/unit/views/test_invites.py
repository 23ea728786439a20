"""What invites say, in both languages: whom to pick, what is forwarded, what a tap came to.

The texts are kept in `snapshots/invites.<language>.txt`; after a wanted change `make fix` writes
them anew.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.people.identity import Identity, Role, Standing
from bot.people.invites import Outcome, Redeemed
from bot.people.member import Member
from bot.views.invites import answer, forward_this, hindrance, invitation, picker
from bot.views.language import LANGUAGES, Words
from bot.views.message import LIMIT, Message, units
from sync.model.alerts import Reason
from tests.unit.views.kept import compare

UNTIL = datetime(2026, 11, 25, 20, 4, tzinfo=UTC)
CODE = "aB3-_" * 6 + "xy"
LINK = f"https://t.me/jobs_bot?start={CODE}"
CHRIS = Member("employee", 5, "Chris <Jordan>", 5)
MENU = [("myjobs", "Your jobs")]
STRANGER = Identity(102)
LINKED = Identity(
    102, Standing.KNOWN, frozenset({Role.CREW_LEADER}), "Chris <Jordan>", employee_id=5
)
PENDING = Identity(102, Standing.WAITING, name="Chris <Jordan>")
ADA = Identity(101, Standing.KNOWN, frozenset({Role.MANAGER}), user_ids=(3,))
LEAVER = Identity(102, Standing.LEFT, name="Chris <J>")
LONG = "<🏠&>" * 3000


def words(language: str) -> Words:
    return Words(language, ZoneInfo("America/Los_Angeles"))


def people(count: int) -> list[Member]:
    return [Member("employee", n, f"Chris Number{n}", n) for n in range(1, count + 1)]


def tapped(outcome: Outcome, person: Identity, words: Words, inviter: str | None) -> Message:
    return answer(Redeemed(outcome, "Chris <Jordan>", 101), person, inviter, MENU, words)


def pages(w: Words) -> dict[str, Message]:
    refused = set(Outcome) - {Outcome.LINKED, Outcome.ALREADY_YOURS}
    return {
        "picker": picker(people(9), w, page=1),
        "found": picker(people(2), w, text="chris"),
        "found many": picker(people(9), w, text="chris"),
        "found nobody": picker([], w, text="<chris>"),
        "nobody": picker([], w),
        "forward": forward_this(CHRIS, w),
        "forward again": forward_this(
            Member("employee", 5, "Chris", 5, telegram_id=9, invited_until=UNTIL), w
        ),
        "invitation": invitation(CHRIS.name, "Ada <Cole>", LINK, UNTIL, w),
        "linked": tapped(Outcome.LINKED, LINKED, w, "Ada"),
        "linked, pending": tapped(Outcome.LINKED, PENDING, w, "Ada"),
        "already linked": tapped(Outcome.ALREADY_YOURS, LINKED, w, "Ada"),
        **{f"{o}, stranger": tapped(o, STRANGER, w, "Ada <Cole>") for o in sorted(refused)},
        **{f"{o}, linked": tapped(o, LINKED, w, None) for o in sorted(refused)},
        "taken, manager": tapped(Outcome.TAKEN, ADA, w, None),
        "taken, leaver": tapped(Outcome.TAKEN, LEAVER, w, "Ada <Cole>"),
    }


def drawn(message: Message) -> str:
    rows = message.keyboard.inline_keyboard if message.keyboard else []
    return "\n".join(
        [message.text, *(" ".join(f"[{b.text}: {b.callback_data}]" for b in row) for row in rows)]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_reads_as_its_snapshot(language):
    said = "\n".join(f"=== {k}\n{drawn(v)}\n" for k, v in pages(words(language)).items())
    compare(f"invites.{language}.txt", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_own_words(language):
    for person in (STRANGER, LINKED):
        texts = {tapped(outcome, person, words(language), "Ada").text for outcome in Outcome}
        assert len(texts) == len(Outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_says_what_to_do_next(language):
    for outcome in set(Outcome) - {Outcome.LINKED, Outcome.ALREADY_YOURS}:
        assert "➡️" in tapped(outcome, STRANGER, words(language), "Ada").text


def test_the_longest_names_fit():
    w = words("es")
    member = Member("employee", 5, LONG, 5, telegram_id=9, invited_until=UNTIL)
    for said in (
        picker([member] * 9, w),
        picker([], w, text=LONG),
        forward_this(member, w),
        invitation(LONG, LONG, LINK, UNTIL, w),
        answer(Redeemed(Outcome.TAKEN, LONG), Identity(1, name=LONG), LONG, MENU, w),
        answer(Redeemed(Outcome.USED, LONG), STRANGER, LONG, MENU, w),
    ):
        assert 0 < units(said.text) <= LIMIT
    assert LINK in invitation(LONG, LONG, LINK, UNTIL, w).text


@pytest.mark.parametrize(
    ("member", "starts"),
    [
        (CHRIS, None),
        (Member("employee", 5, "C", 5, telegram_id=9, reason=None), None),
        (Member("employee", 5, "C", 5, telegram_id=9, reason=Reason.BOT_BLOCKED), None),
        (Member("employee", 5, "C", 5, reason=Reason.INACTIVE), "{name} is not active"),
        (Member("employee", 5, "C", 5, reason=Reason.PENDING_APPROVAL), "{name} waits"),
        (Member("employee", 5, "C", 5, reason=Reason.BLOCKED_IN_ATTIC_TECH), "{name} is blocked"),
        (Member("crew_member", 4, "C"), None),
        (Member("sales_person", 4, "C", telegram_id=9, reason=None), None),
        (Member("sales_person", 4, "C", reason=Reason.INACTIVE), "{name} is not active"),
        (Member("user", 3, "C"), "{name} is a user"),
    ],
)
def test_who_cannot_be_invited_and_why(member, starts):
    sentence = hindrance(member, operator=False)
    assert (sentence or "None").startswith(starts or "None")
