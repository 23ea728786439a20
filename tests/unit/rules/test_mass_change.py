"""How many leaders lost at once are too many: more than ten, and more than one in twenty."""

import pytest

from sync.reconcile.plan import is_mass_change


@pytest.mark.parametrize(
    ("lost", "active", "held"),
    [
        (10, 10, False),
        (11, 11, True),
        (11, 200, True),
        (11, 220, False),
        (12, 220, True),
        (100, 2000, False),
        (101, 2000, True),
    ],
)
def test_more_than_ten_and_more_than_five_percent_of_the_active_jobs(
    lost: int, active: int, *, held: bool
) -> None:
    assert is_mass_change(lost, active) is held
