"""People's phones, for updates that go through the real dispatcher."""

from tests.integration.handlers.conftest import phones

__all__ = ["phones"]
