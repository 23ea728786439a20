"""The full comparison as plain functions: what to fetch, what is absent, how much may be gone."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.mirror.full_compare import (
    Difference,
    compare,
    gone_at_most,
    is_due,
)
from sync.mirror.store import Mirrored

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("listed", "mirrored", "difference"),
    [
        ({1: NOW}, {1: Mirrored("present", NOW)}, Difference((), ())),
        ({1: NOW}, {}, Difference((1,), ())),
        ({1: NOW}, {1: Mirrored("present", OLD)}, Difference((1,), ())),
        ({1: OLD}, {1: Mirrored("present", NOW)}, Difference((1,), ())),
        ({1: None}, {1: Mirrored("present", NOW)}, Difference((1,), ())),
        ({1: NOW}, {1: Mirrored("present", NOW, doubtful=True)}, Difference((1,), ())),
        ({1: NOW}, {1: Mirrored("gone", NOW)}, Difference((1,), ())),
        ({1: NOW}, {1: Mirrored("hidden", None)}, Difference((1,), ())),
        ({1: NOW}, {1: Mirrored("set_aside", NOW)}, Difference((1,), ())),
        ({}, {1: Mirrored("present", NOW)}, Difference((), (1,))),
        ({}, {1: Mirrored("set_aside", NOW)}, Difference((), (1,))),
        ({}, {1: Mirrored("gone", NOW)}, Difference((), ())),
        ({}, {1: Mirrored("hidden", None)}, Difference((), ())),
    ],
)
def test_any_difference_is_fetched_and_an_absence_is_only_a_suspicion(listed, mirrored, difference):
    assert compare(listed, mirrored) == difference


@pytest.mark.parametrize(
    ("known", "at_most"), [(0, 3), (3, 3), (150, 3), (199, 3), (200, 4), (2500, 50)]
)
def test_three_or_two_percent_may_be_gone_at_once(known, at_most):
    assert gone_at_most(known) == at_most


@pytest.mark.parametrize(
    ("collection", "last", "full", "due"),
    [
        ("jobs", None, False, False),
        ("jobs", NOW, True, True),
        ("users", NOW - timedelta(seconds=599), False, False),
        ("users", NOW - timedelta(seconds=600), False, True),
        ("roles", None, False, True),
        ("branches", NOW, True, True),
        ("users", NOW + timedelta(days=1), False, True),  # its clock had jumped ahead
    ],
)
def test_small_collections_are_compared_every_ten_minutes_and_all_by_a_full_run(
    collection, last, full, due
):
    assert is_due(collection, last, NOW, full=full) is due
