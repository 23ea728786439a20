"""People as buttons: pages, signs, and namesakes told apart."""

from zoneinfo import ZoneInfo

import pytest
from aiogram.filters.callback_data import CallbackData

from bot.people.member import Member
from bot.views.language import Words
from bot.views.roster import legend, mark, people_rows
from sync.model.alerts import Reason

WORDS = Words("en", ZoneInfo("UTC"))
LONG = "José Alejandro Villaseñor Castañeda de la Cruz y Montemayor"


class Pick(CallbackData, prefix="pick"):
    id: int


class Turn(CallbackData, prefix="turn"):
    page: int


def rows(members: list[Member], page: int = 0) -> list[list[tuple[str, str]]]:
    made = people_rows(
        members,
        page,
        button_for=lambda member: Pick(id=member.id),
        turn_to=lambda page: Turn(page=page),
    )
    return [[(button.text, button.callback_data) for button in row] for row in made]


def people(count: int) -> list[Member]:
    return [Member("employee", id, f"Person {id}") for id in range(1, count + 1)]


@pytest.mark.parametrize(
    ("telegram_id", "reason", "sign"),
    [
        (5, None, "✅"),
        (None, Reason.NO_TELEGRAM, "⚪"),
        (5, Reason.BOT_BLOCKED, "🚫"),
        (None, Reason.BLOCKED_IN_ATTIC_TECH, "🚫"),
        (5, Reason.INACTIVE, "🚫"),
        (5, Reason.PENDING_APPROVAL, "⏳"),
        (None, Reason.PENDING_APPROVAL, "⏳"),
    ],
)
def test_a_sign_says_how_somebody_stands(telegram_id, reason, sign):
    assert mark(Member("employee", 1, "Ada", telegram_id=telegram_id, reason=reason)) == sign


def test_only_the_signs_that_occur_are_explained():
    linked = Member("employee", 1, "Ada", telegram_id=5, reason=None)
    assert legend([linked, *people(1)], WORDS) == "✅ linked · ⚪ not linked"
    assert legend([], WORDS) == ""


def test_few_people_need_no_turning():
    assert rows(people(2)) == [[("⚪ Person 1", "pick:1")], [("⚪ Person 2", "pick:2")]]
    assert len(rows(people(8))) == 8
    assert rows([]) == []


def test_pages_hold_eight_and_a_page_past_the_end_is_the_last():
    first, second = rows(people(17)), rows(people(17), 1)
    assert first[0] == [("⚪ Person 1", "pick:1")]
    assert first[8:] == [[("1/3", "turn:0"), ("›", "turn:1")]]
    assert second[0] == [("⚪ Person 9", "pick:9")]
    assert second[8:] == [[("‹", "turn:0"), ("2/3", "turn:1"), ("›", "turn:2")]]
    last = [[("⚪ Person 17", "pick:17")], [("‹", "turn:1"), ("3/3", "turn:2")]]
    assert rows(people(17), 2) == rows(people(17), 99) == last


def test_namesakes_are_told_apart_also_when_only_the_cut_makes_them_so():
    members = [
        Member("employee", 1, "Chris Jordan", branches=("Irvine", "Orange")),
        Member("employee", 2, "CHRIS JORDAN"),
        Member("employee", 3, f"{LONG} III"),
        Member("employee", 4, f"{LONG} IV"),
    ]
    assert [row[0][0] for row in rows(members)] == [
        "⚪ Chris Jordan · Irvine, Orange · 1",
        "⚪ CHRIS JORDAN · — · 2",
        "⚪ José Alejandro Villaseñor Casta… · — · 3",
        "⚪ José Alejandro Villaseñor Casta… · — · 4",
    ]


def test_a_button_fits_into_telegrams_limit():
    twins = [
        Member("employee", id, "👷" * 200, branches=("🏠" * 99,)) for id in (2**31 - 1, 2**31 - 2)
    ]
    for row in rows(twins):
        assert len(row[0][0].encode("utf-16-le")) // 2 <= 64
