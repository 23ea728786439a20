"""Programs are started as copies of the tests' own process, but for tests marked `executable`."""

from tests.forked import forked

__all__ = ["forked"]
