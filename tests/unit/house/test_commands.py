"""What holds for every command of the table."""

import pytest
from aiogram.filters import Command as Typed

from bot.handlers import COMMANDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_known_however_a_phone_spells_it(command) -> None:
    typed = [
        filter.callback
        for handler in command.router().message.handlers
        for filter in handler.filters or ()
        if isinstance(filter.callback, Typed)
    ]
    assert typed
    assert all(one.ignore_case for one in typed)
