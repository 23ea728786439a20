"""What somebody hears about himself: the greeting, how to be linked, `/help`, `/whoami`."""

from collections.abc import Container, Iterable, Iterator, Sequence

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.identity import Identity, Role, Standing
from bot.views.buttons import LeaveButton, LeaveStep
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, code, compose, joined

_ROLES = {
    Role.MANAGER: N_("operation manager"),
    Role.CREW_LEADER: N_("crew leader"),
    Role.SALESPERSON: N_("salesperson"),
    Role.CREW_MEMBER: N_("crew member"),
    Role.OPERATOR: N_("operator"),
}
_WHAT_FOR = {
    Role.MANAGER: N_("You will hear when a job of your branches needs you."),
    Role.CREW_LEADER: N_("You will hear when a job becomes yours and when it moves."),
    Role.SALESPERSON: N_("Ask me what became of the jobs you sold."),
    Role.CREW_MEMBER: N_("Ask me for the jobs of your crew."),
    Role.OPERATOR: N_("You will hear when the system itself is in trouble."),
}
#: Why he is a stranger, and what he can do about it.
_UNKNOWN = (
    N_("I do not know you yet."),
    N_("➡️ Send /link and share your phone number, or ask your operations manager for an invite."),
)
_STRANGE = {
    Standing.LEFT: (
        N_("This Telegram account belongs to somebody who is not active here."),
        N_("➡️ If you work here, ask your operation manager to invite you."),
    ),
    Standing.IN_DOUBT: (
        N_("I cannot tell who you are: BotZilla contradicts itself about this Telegram account."),
        N_("➡️ Ask your operation manager to put that right in BotZilla."),
    ),
}


def greeting(person: Identity, menu: Sequence[tuple[str, str]], words: Words) -> Message:
    """The answer to `/start`; `menu` holds his commands and what they do."""
    if not person.roles:
        return not_known(person, words)
    hello = words.say("Hi {name}!", name=person.name) if person.name else words.say("Hi!")
    purposes = (words.say(_WHAT_FOR[role]) for role in _WHAT_FOR if role in person.roles)
    return Message(compose([hello, *purposes, "", *_menu(menu, words)]))


def help_message(person: Identity, menu: Sequence[tuple[str, str]], words: Words) -> Message:
    """The answer to `/help`."""
    return Message(compose(_menu(menu, words))) if person.roles else not_known(person, words)


def not_known(person: Identity, words: Words) -> Message:
    """All that a stranger learns: how he is linked. A former employee is a stranger, whom only an
    invite can link.
    """
    if person.waiting_for_approval:
        text = N_("You are registered and wait for the approval of your operation manager.")
        return Message(compose([words.say(text)]))
    if person.standing is Standing.KNOWN:
        text = N_("You are linked, but have no role here yet. Ask your operation manager.")
        return Message(compose([words.say(text)]))
    why, then = _STRANGE.get(person.standing, _UNKNOWN)
    lines = (
        words.say(why),
        words.say(then),
        words.say("Your Telegram number is {id}.", id=code(str(person.telegram_id))),
    )
    return Message(compose(lines))


def who_you_are(person: Identity, branches: Iterable[str], words: Words) -> Message:
    """The answer to `/whoami`: roles, branches, and the rows behind them, with a way to leave."""
    if person.standing is not Standing.KNOWN:
        return not_known(person, words)
    roles, named = role_names(person.roles, words), ", ".join(branches)
    lines = (
        None if roles else not_known(person, words).text,
        bold(person.name) if person.name else None,
        words.say("Roles: {roles}", roles=roles) if roles else None,
        words.say("Branches: {names}", names=named) if named else None,
        words.say("Telegram number: {id}", id=code(str(person.telegram_id))),
        words.say("In BotZilla: {rows}", rows=joined(_rows(person), ", ") or "—"),
    )
    unlink = _leaving((words.label("Unlink this Telegram account"), "ask"))
    return Message(compose(lines), unlink if person.rows else None)


def really_leave(person: Identity, words: Words) -> Message:
    """The question before somebody unlinks himself."""
    lines = (
        words.say(
            "Really disconnect? You get no more messages and see no more jobs here, until you "
            "connect again with /link or an invite."
        ),
        words.say("An operations manager is connected again by an operator, or in BotZilla.")
        if Role.MANAGER in person.roles
        else None,
    )
    choices = _leaving((words.label("Yes, disconnect"), "sure"), (words.label("No"), "no"))
    return Message(compose(lines), choices)


def has_left(words: Words) -> Message:
    """What somebody reads who has unlinked himself."""
    lines = (
        words.say("This Telegram account is not connected anymore."),
        words.say("To come back, send /link or ask your operations manager for an invite."),
    )
    return Message(compose(lines))


def _leaving(*choices: tuple[str, LeaveStep]) -> InlineKeyboardMarkup:
    row = [
        InlineKeyboardButton(text=text, callback_data=LeaveButton(step=step).pack())
        for text, step in choices
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def role_names(roles: Container[Role], words: Words) -> Html:
    """The roles in words."""
    return joined((words.say(_ROLES[role]) for role in _ROLES if role in roles), ", ")


def _menu(menu: Sequence[tuple[str, str]], words: Words) -> Iterator[Html]:
    yield bold(words.say("What you can ask me:"))
    for name, description in menu:
        yield Html(f"/{name} — {words.say(description)}")


def _rows(person: Identity) -> Iterator[str]:
    """Table and id, as somebody who mends BotZilla's data looks for them."""
    yield from (f"{table} {id}" for table, id in person.rows)
    yield from (f"Attic Tech user {id}" for id in person.attic_user_ids)
