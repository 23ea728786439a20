"""Buttons stay in people's chats for years: those of the last version still say what they said."""

import pytest
from aiogram.filters.callback_data import CallbackData

from bot.access import View
from bot.handlers.frame import buttons
from bot.views.buttons import JobsButton, Lasting, LeaveButton, Menu, Show, TeamButton

#: As the last version wrote it, when what is last now was not there.
EARLIER = [
    ("jobs:b:3:7:2", JobsButton(view=View.BRANCHES, state=3, branch=7, page=2, menu=Menu.CLOSED)),
    ("jobs:l", JobsButton(view=View.LEADER)),
    ("team:-1", TeamButton(branch=-1, show=Show.EVERYBODY, page=0)),
    ("leave", LeaveButton(step="ask")),
]


@pytest.mark.parametrize(("data", "said"), EARLIER)
def test_a_field_that_came_later_has_its_default(data: str, said: CallbackData) -> None:
    assert type(said).unpack(data) == said


@pytest.mark.parametrize("data", ["jobs", "jobs:", "jobs:b:3:7:2:s:1", "team", "jobs:l:x"])
def test_what_lacks_more_or_has_more_is_none_of_ours(data: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        JobsButton.unpack(data)


def test_every_button_lasts() -> None:
    assert all(issubclass(kind, Lasting) for kind in buttons())


def test_a_new_field_of_any_kind_ends_no_button() -> None:
    """What a developer does tomorrow: one more field, last and with a default."""

    class Before(Lasting, CallbackData, prefix="t"):
        number: int

    class After(Lasting, CallbackData, prefix="t"):
        number: int
        view: View | None = None
        menu: Menu = Menu.STATES
        page: int = 3

    assert After.unpack(Before(number=7).pack()) == After(number=7)
