"""Fixtures of the reading: the pretend Attic Tech, the program's client, and the mirror."""

from collections.abc import AsyncIterator

import pytest

from sync.database.pool import Connection
from tests.attic import Attic, Client
from tests.integration.reading.mirrored import Mirrored


@pytest.fixture
async def attic() -> AsyncIterator[Attic]:
    """A running pretend Attic Tech."""
    async with Attic() as running:
        yield running


@pytest.fixture
async def client(attic: Attic) -> AsyncIterator[Client]:
    """The program's client, signed in there."""
    async with Client(attic) as ready:
        yield ready


@pytest.fixture
def mirror(connection: Connection, client: Client) -> Mirrored:
    """The mirror, and how it is read into."""
    return Mirrored(connection, client)
