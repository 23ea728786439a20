"""`/status`: for managers and operators how their branches, the messages and the system stand; for
a crew leader their day. It decides nothing and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from aiogram import Router
from aiogram.types import Message as Received

from bot.access import View, views_of
from bot.handlers.frame import Deps, Named
from bot.handlers.overview import read_overview
from bot.handlers.speaking import reply
from bot.jobs.visible import read_page, scope
from bot.people.identity import Identity
from bot.people.roster import read_team
from bot.views.language import Words
from bot.views.message import Html, Message, compose
from bot.views.status import day_lines, overview_lines
from sync.model.facts import JobFacts

#: More jobs than one leader ever has open; the view names the first of each kind.
_A_DAY = 50


def router() -> Router:
    """Handles `/status`."""
    routes = Router(name="status")
    routes.message.register(status, Named("status"))
    return routes


async def status(message: Received, person: Identity, words: Words, deps: Deps) -> None:
    """What their roles look after, the widest first."""
    parts: list[Iterable[Html | None]] = []
    if View.BRANCHES in views_of(person):
        parts.append(await _overview(deps, person, words))
    if View.LEADER in views_of(person):
        parts.append([Html("")] if parts else [])
        parts.append(day_lines(await _led(deps, person), words))
    await reply(message, Message(compose(chain(*parts))))


async def _overview(deps: Deps, person: Identity, words: Words) -> Iterable[Html | None]:
    async with deps.pool.acquire() as connection:
        overview = await read_overview(connection, scope(person, View.BRANCHES))
        team = await read_team(connection, person, deps.operators)
    return overview_lines(replace(overview, flaws=team.flaws), words)


async def _led(deps: Deps, person: Identity) -> tuple[JobFacts, ...]:
    async with deps.pool.acquire() as connection:
        page = await read_page(connection, scope(person, View.LEADER), size=_A_DAY)
    return page.jobs
