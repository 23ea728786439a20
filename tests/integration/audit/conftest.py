"""A town whose stories are told."""

import pytest

from sync.postgres.pool import Connection
from tests.integration.audit.telling import begin
from tests.mirror import Town


@pytest.fixture
async def town(connection: Connection) -> Town:
    town = await Town.build(connection)
    await town.company.employee("Ada Lopez", telegram_id="101")
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await begin(connection)
    await town.decide()
    return town
