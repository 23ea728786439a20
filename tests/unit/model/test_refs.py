"""One spelling of a row and of a person, read back as it was written."""

import pytest

from sync.model.alerts import Recipient
from sync.model.refs import PersonKey, RecipientType, RowRef, Table


@pytest.mark.parametrize("type", RecipientType)
def test_a_key_is_read_as_it_was_written(type):
    key = PersonKey(type, 7)
    assert PersonKey.parse(str(key)) == key
    assert PersonKey.of_event(f"job_assigned:3:1:{key}") == key
    assert Recipient(type, 7).key == str(key)


@pytest.mark.parametrize("text", [None, "", "user", "user:", "user:x", "user:٣", "nobody:3", "3"])
def test_what_is_no_key_names_nobody(text):
    assert PersonKey.parse(text) is None


def test_a_row_is_written_with_its_table():
    assert str(RowRef(Table.CREW_MEMBER, 4)) == "crew_member 4"
    assert RowRef(Table.CREW_MEMBER, 4) == ("crew_member", 4)
