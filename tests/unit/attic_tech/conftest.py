"""Fixtures of the Attic Tech client: a scripted server, and a client that talks to it."""

from collections.abc import AsyncIterator

import pytest

from sync.attic_tech.client import AtticTech
from sync.attic_tech.login import ApiKey, Password
from tests.aioresponses_shim import install
from tests.unit.attic_tech.stand_ins import QUICK, OpenGate, Script

install()


@pytest.fixture
def script() -> Script:
    """What the server will answer, and what it was asked."""
    return Script()


@pytest.fixture
def gate() -> OpenGate:
    """The gate of logins, and what it remembers."""
    return OpenGate()


@pytest.fixture
async def api_url(script: Script) -> AsyncIterator[str]:
    """Where the scripted server answers."""
    async with script.running() as url:
        yield url


@pytest.fixture
async def by_key(api_url: str, gate: OpenGate) -> AsyncIterator[AtticTech]:
    """A client that signs with an API key: every request is one request."""
    async with AtticTech(api_url, ApiKey("k-1"), gate, limits=QUICK) as client:
        yield client


@pytest.fixture
async def by_password(api_url: str, gate: OpenGate) -> AsyncIterator[AtticTech]:
    """A client that has to log in first."""
    credential = Password("bot@attic.example", "secret")
    async with AtticTech(api_url, credential, gate, limits=QUICK) as client:
        yield client
