"""The phones of the commands' tests, for everybody of `world.py`."""

from tests.integration.commands.conftest import phones

__all__ = ["phones"]
