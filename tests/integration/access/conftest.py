"""The phones of the commands' tests, for everybody of `world.py`."""

import pytest

from sync.postgres import pool
from tests.integration.handlers.conftest import phones

__all__ = ["phones"]


@pytest.fixture(autouse=True)
def _plans_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same few statements are asked ten thousand times over a handful of rows."""
    kept = pool._PLANS | {"plan_cache_mode": "force_generic_plan"}
    monkeypatch.setattr(pool, "_PLANS", kept)
