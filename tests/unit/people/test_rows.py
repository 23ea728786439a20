"""BotZilla's rows are read whatever stands in their columns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.reconcile import rows

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(), values, max_size=2),
    max_leaves=3,
)
COLUMNS = (
    *("name", "email", "phone", "telegram_id", "status", "is_deleted", "attic_tech_user_id"),
    *("is_leader", "employee_id", "is_active", "attic_tech_branch_id"),
)


@given(st.fixed_dictionaries(dict.fromkeys(COLUMNS, JSON)), st.lists(JSON, max_size=2))
def test_every_row_is_read_and_its_values_have_their_types(
    columns: dict[str, Any], branches: list[Any]
) -> None:
    row = {"id": 1, "has_email": True, "branches": branches, **columns}
    for read in (rows.employee, rows.crew_member, rows.sales_person):
        found = read(row)
        assert isinstance(found.name, str)
        assert isinstance(found.telegram_id, str | None)
    assert isinstance(rows.branch(row).name, str)
    assert all(isinstance(id, int) for id in rows.manager(row).branches)
    assert isinstance(rows.login(row).email, str | None)
    user = {"name": row["name"], "phone": row["phone"], "roles": row["branches"]}
    found = rows.attic_user({"id": 1, "state": "present", "fields": user | {"branches": 5}})
    assert (isinstance(found.name, str), found.branches) == (True, ())


@pytest.mark.parametrize(
    ("value", "meant"),
    [(True, True), (1, True), ("T", True), (0, False), ("false", False), (None, None), ("?", None)],
)
def test_a_flag_is_what_it_says_or_what_is_usual(value: object, meant: bool | None) -> None:
    for default in (True, False):
        assert rows.flag(value, default=default) is (default if meant is None else meant)


@pytest.mark.parametrize(
    ("value", "meant"), [(7, 7), (" 7", 7), ("7a", None), (0, None), (2**31, None), (True, None)]
)
def test_an_id_is_one_that_a_column_can_hold(value: object, meant: int | None) -> None:
    assert rows.number(value) == meant
