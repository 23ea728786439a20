"""`/myjobs`: the jobs that are somebody's, by state, in pages; managers filter by state and branch.

As what they are looked at (leader, salesperson, crew, manager) is a button for who is several. It
shows nothing that `/job` would not.
"""

from collections import Counter
from collections.abc import Sequence

from aiogram import Router
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.access import View, views_of
from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.speaking import NOT_YOURS, replace, reply
from bot.jobs.visible import read_counts, read_page, scope
from bot.people.identity import Identity
from bot.views.buttons import UNMATCHED, JobsButton
from bot.views.jobs import Choice, Count, JobsPage, jobs_page
from bot.views.language import Words

PAGE_SIZE = 8


def router() -> Router:
    """Handles `/myjobs` and the buttons under it."""
    routes = Router(name="myjobs")
    routes.message.register(myjobs, Named("myjobs"))
    routes.callback_query.register(turn, JobsButton.filter())
    return routes


async def myjobs(message: Received, person: Identity, words: Words, deps: Deps) -> None:
    """The first page of the widest view."""
    first = JobsButton(view=views_of(person)[0])
    await reply(message, jobs_page(await _read(deps, person, first), words))


async def turn(
    tap: CallbackQuery, callback_data: JobsButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Another page, view or filter, in place of the one whose button was tapped."""
    if callback_data.view not in views_of(person):
        raise UserError(NOT_YOURS)
    await replace(tap, jobs_page(await _read(deps, person, callback_data), words))


async def _read(deps: Deps, person: Identity, at: JobsButton) -> JobsPage:
    whose, filtered = scope(person, at.view), at.view is View.BRANCHES
    async with deps.pool.acquire() as connection:
        page = await read_page(
            connection,
            whose,
            state=at.state,
            branch=at.branch,
            closed=at.view is View.SALES,
            size=PAGE_SIZE,
            number=at.page,
        )
        counts = await read_counts(connection, whose) if filtered else ()
    return JobsPage(
        at.model_copy(update={"page": page.number}),
        page.jobs,
        page.total,
        pages=-(-page.total // PAGE_SIZE),
        views=views_of(person),
        states=_states([c for c in counts if at.branch in (0, _branch(c))]),
        branches=_branches([c for c in counts if at.state in (0, c.place)]),
    )


def _branch(count: Count) -> int:
    return UNMATCHED if count.branch_id is None else count.branch_id


def _states(counts: Sequence[Count]) -> tuple[Choice, ...]:
    jobs: Counter[int] = Counter()
    for count in counts:
        jobs[count.place] += count.jobs
    return tuple(Choice(place, jobs[place]) for place in sorted(jobs))


def _branches(counts: Sequence[Count]) -> tuple[Choice, ...]:
    jobs: Counter[int] = Counter()
    for count in counts:
        jobs[_branch(count)] += count.jobs
    names = {_branch(count): count.branch for count in counts}
    return tuple(Choice(branch, jobs[branch], names[branch]) for branch in names)
