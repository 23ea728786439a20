"""Fixtures of runs: the pretend Attic Tech, its company, and what runs work with."""

from tests.attic import attic, client
from tests.installation import installation, other, work

__all__ = ["attic", "client", "installation", "other", "work"]
