"""`jobsync why JOB`: what happened to a job, who was told what and when, and who was not and why.

The same story as `/why` in Telegram, whole and about any job. It needs only the database, and
changes nothing in it.
"""

import argparse
import asyncio

from bot import logs, settings
from bot.audit.reading import find_row, find_unread, read_story
from bot.cli import DONE, show
from bot.database import database, in_words
from bot.failures import CommandFailed, UsageFailed
from bot.jobs.visible import Number, number_in
from bot.settings import Settings
from bot.views.language import Words
from bot.views.why import unread_text, why_text
from sync.postgres.elected import session
from sync.postgres.pool import DATABASE_AWAY


def run(arguments: argparse.Namespace) -> int:
    """0 when it was told; CommandFailed for a job that we were never shown."""
    number = number_in(arguments.job)
    if number is None:
        raise UsageFailed("JOB is the number of a job, like 7 or #7, or E12 for a sold estimate.")
    given = settings.load()
    logs.configure(given.log_format, given.log_level, given.secrets())
    try:
        story = asyncio.run(_tell(given, number, arguments.job.strip()))
    except DATABASE_AWAY as error:
        raise CommandFailed(f"The database went away: {in_words(error)}") from error
    except KeyboardInterrupt:
        raise CommandFailed("Stopped.") from None
    show(f"{story}\n")
    return DONE


async def _tell(given: Settings, number: Number, called: str) -> str:
    words = Words(given.default_language, given.time_zone, given.attic_tech_web_url)
    ids = (number.job_id, number.estimate_id)
    async with database(given) as url, session(url) as connection:
        row = await find_row(connection, *ids)
        if row is not None:
            return why_text(await read_story(connection, row), words)
        unread = await find_unread(connection, *ids)
    if unread is not None:
        raise CommandFailed(unread_text(called, unread, words))
    raise CommandFailed(f"Attic Tech has never shown us a job {called}.")
