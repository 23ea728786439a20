"""Programs are started as copies of the tests' own process, but for tests marked `executable`."""

import subprocess

import pytest

from tests.forked import Forked


@pytest.fixture(autouse=True)
def _forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("executable") is None:
        monkeypatch.setattr(subprocess, "Popen", Forked)
