"""An update that cannot be handled is answered in the sender's language, and the next one is."""

import asyncio

from aiogram.types import Update
from structlog.testing import capture_logs

from bot.handlers import dispatcher
from bot.handlers.frame import Deps
from bot.handlers.speaking import excuser
from bot.telegram.client import batch
from bot.telegram.dispatch import Handling, feeder
from bot.telegram.poller import Hand
from sync.postgres import pool as pools
from sync.postgres.pool import open_pool
from tests.integration.handlers.conftest import WORDS, Phones

LEADER = 101


async def test_a_statement_that_takes_too_long_is_tried_thrice_and_answered(
    database_url, company, connection, phones: Phones, monkeypatch
):
    """A statement's own limit is no database that is away: it was tried for ever."""
    await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await phones.says(LEADER, "/start", language="es")
    monkeypatch.setattr(pools, "ANSWERS_WITHIN", 1.0)
    async with await open_pool(database_url, size=1) as pool:
        handling = Handling(
            feeder(phones.bot, dispatcher(pool, (), WORDS)),
            excuser(phones.bot, Deps(pool, (), WORDS)),
            rest=0.01,
        )
        phones.session.calls.clear()
        async with connection.transaction():
            await connection.execute("LOCK TABLE botzilla.job_sync")
            with capture_logs() as logs:
                await brought_to_its_end(handling, phones, "/myjobs")
        await brought_to_its_end(handling, phones, "/myjobs")
    assert [log["event"] for log in logs] == ["handler_failed"] * 3
    first, second = [call.text for call in phones.session.calls]
    assert first == "Algo falló aquí. Inténtalo otra vez en un minuto."
    assert "Trabajos" in second


async def brought_to_its_end(handling: Handling, phones: Phones, text: str) -> None:
    hand = Hand(handling)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        message = phones._message(LEADER, text, None, "es")
        update = {"update_id": message["message_id"], "message": message}
        update = Update.model_validate(update, context={"bot": phones.bot})
        hand.take(batch([update]), asyncio.Event(), group)
    assert hand.idle.is_set()
