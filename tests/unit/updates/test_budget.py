"""One person's flood is worked on up to a bound, answered once, and then costs nothing."""

from bot.telegram.dispatch import KNOWN, STRANGER, Budgets, Worth
from tests.unit.edge.test_health import Clock

WORK, A_WORD, NOTHING = Worth


def spent(budgets: Budgets, count: int, person: int = 7) -> list[Worth]:
    return [budgets.spend(person) for _ in range(count)]


def test_a_flood_is_worked_on_up_to_a_bound_and_answered_once():
    budgets = Budgets(Clock())
    flood = spent(budgets, 100)
    assert flood == [WORK] * STRANGER.at_once + [A_WORD] + [NOTHING] * (99 - STRANGER.at_once)
    assert spent(budgets, 1, person=8) == [WORK]


def test_whoever_is_known_has_more():
    budgets = Budgets(Clock())
    first = spent(budgets, 3)
    budgets.met(7, known=True)
    rest = spent(budgets, 100)
    assert (first + rest).count(WORK) == KNOWN.at_once
    budgets.met(7, known=True)
    assert spent(budgets, 1) == [NOTHING]


def test_whoever_left_has_a_strangers_again():
    budgets = Budgets(Clock())
    budgets.met(7, known=True)
    budgets.met(7, known=False)
    assert spent(budgets, 100).count(WORK) == STRANGER.at_once
    assert budgets.is_stranger(7)


def test_a_budget_comes_back_with_time_and_the_next_word_only_after_all_of_it():
    clock = Clock()
    budgets = Budgets(clock)
    spent(budgets, 100)
    clock.now += 1 / STRANGER.a_second
    assert spent(budgets, 2) == [WORK, NOTHING]
    clock.now += STRANGER.at_once / STRANGER.a_second
    assert spent(budgets, STRANGER.at_once + 1)[-1] == A_WORD


def test_of_many_accounts_the_latest_are_remembered(monkeypatch):
    monkeypatch.setattr("bot.telegram.dispatch._REMEMBERED", 2)
    budgets = Budgets(Clock())
    for person in (7, 8):
        spent(budgets, 100, person)
    spent(budgets, 1, 7)
    spent(budgets, 1, 9)
    assert spent(budgets, 1, 7) == [NOTHING]
    assert spent(budgets, 1, 8) == [WORK]


def test_nobody_is_a_stranger_before_we_met():
    budgets = Budgets(Clock())
    spent(budgets, 1)
    assert not budgets.is_stranger(7)
