"""Fixtures of the reading: the pretend Attic Tech, the program's client, and the mirror."""

import pytest

from sync.postgres.pool import Connection
from tests.attic import Client, attic, client
from tests.integration.mirror.mirrored import Mirrored

__all__ = ["attic", "client"]


@pytest.fixture
def mirror(connection: Connection, client: Client) -> Mirrored:
    """The mirror, and how it is read into."""
    return Mirrored(connection, client)
