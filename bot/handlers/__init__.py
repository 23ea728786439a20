"""What people can say to the bot: the one table of commands, and the dispatcher built of it.

`/help` and the menus in Telegram read this table; who may use what is said in `bot/access.py`. A
command is one file, named after it.
"""

from aiogram import Bot, Dispatcher, Router

from bot import access
from bot.handlers import (
    blocking,
    help,
    invite,
    job,
    link,
    menus,
    myjobs,
    outside,
    start,
    status,
    sync,
    team,
    whoami,
    why,
)
from bot.handlers.frame import Command, Deps, Permitted, buttons
from bot.handlers.speaking import Speaking
from bot.telegram.dispatch import Budgets
from bot.views.language import N_, Words
from sync.postgres.pool import Pool
from sync.supervisor import Tell, nobody

COMMANDS = (
    Command("start", N_("Begin, and renew the menu"), start.router),
    Command("help", N_("What you can ask me"), help.router),
    Command("whoami", N_("Who you are to me"), whoami.router),
    Command("link", N_("Link your Telegram account"), link.router),
    Command("myjobs", N_("Your jobs"), myjobs.router),
    Command("job", N_("One job, by number or name"), job.router),
    Command("status", N_("How things stand"), status.router),
    Command("sync", N_("Read Attic Tech now"), sync.router),
    Command("team", N_("Who is linked, and who is not"), team.router),
    Command("why", N_("What happened to a job, who was told"), why.router),
    Command("invite", N_("Invite somebody to this bot"), invite.router),
)


def dispatcher(
    pool: Pool, operators: tuple[int, ...], words: Words, budgets: Budgets | None = None
) -> Dispatcher:
    """A dispatcher with every command; `words` are the default language, zone and addresses,
    `budgets` hear who is known.

    Raises LineMissing where the table of rights does not say who may use a command or a button.
    """
    access.insist_on_lines(
        (command.name for command in COMMANDS), (kind.__prefix__ for kind in buttons())
    )
    deps = Deps(pool, operators, words)
    root = Dispatcher(disable_fsm=True, deps=deps, commands=COMMANDS)
    speaking = Speaking(deps, budgets or Budgets())
    following = menus.Menus(deps, COMMANDS)
    for events in (root.message, root.callback_query):
        events.outer_middleware(following)
        events.outer_middleware(speaking)
    root.include_routers(
        outside.groups(COMMANDS),
        *(_permitted(command) for command in COMMANDS),
        blocking.router(),
        outside.rest(COMMANDS),
    )
    return root


def _permitted(command: Command) -> Router:
    """The command's router, closed to those to whom the table of rights does not open it."""
    routes = command.router()
    routes.message.filter(Permitted(command))
    routes.callback_query.filter(Permitted(command))
    return routes


async def keep_current(
    database_url: str, pool: Pool, bot: Bot, words: Words, tell: Tell = nobody
) -> None:
    """What commands leave to be done beside them, until cancelled: the menu of strangers at the
    start, and the messages that follow a run.
    """
    await menus.show_menu_to_strangers(bot, COMMANDS, words)
    await sync.follow_runs(database_url, pool, bot, words, tell=tell)
