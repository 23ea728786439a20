"""Linking in words: sharing one's number, and the news of every change of somebody's link.

An account is shown as Telegram shows it. Who shares a number learns nothing of the company.
"""

from collections.abc import Iterator

from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.views.buttons import UndoButton
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, code, compose, joined
from sync.model.alerts import AlertKind, RecipientType
from sync.model.facts import LinkChanged, LinkDecided

_GONE = ReplyKeyboardRemove()

#: What one hears who shared a contact, where that is one sentence.
WAITS = N_("You are registered and wait for the approval of your operations manager.")
UNKNOWN = N_("I can't connect you by this number. Ask your operations manager for an invite.")
NO_ANSWER = N_("Send /link and share your own number with the button.")
TOO_OFTEN = N_("That was tried too often today. Try again tomorrow, or talk to your manager.")
ALREADY = N_("You are connected already. /whoami shows as whom.")

#: The first line of what managers read, by what changed.
_CHANGES = {
    "linked": N_("🔑 {name} is connected now"),
    "replaced": N_("🔑 {name} has another Telegram account now"),
    "unlinked": N_("🔑 {name} is not connected anymore"),
    "undone": N_("↩️ Undone: the Telegram account of {name} is as it was before"),
}
#: What the account of before reads.
_FORMER = {
    "replaced": N_("⚠️ Your messages go to another Telegram account from now on."),
    "unlinked": N_("⚠️ This Telegram account is not connected anymore."),
    "undone": N_("⚠️ This Telegram account is not connected anymore."),
}


def share_your_number(words: Words) -> Message:
    """The answer to `/link`."""
    key = KeyboardButton(text=words.label("📱 Share my phone number"), request_contact=True)
    keys = ReplyKeyboardMarkup(keyboard=[[key]], one_time_keyboard=True, resize_keyboard=True)
    lines = (
        words.say("Tap the button below to share your phone number."),
        words.say("If it is on file and you are not connected yet, you are in right away."),
    )
    return Message(compose(lines), below=keys)


def sentence(text: str, words: Words) -> Message:
    """One sentence, which also takes the key for sharing away."""
    return Message(compose([words.say(text)]), below=_GONE)


def linked(greeting: Message, words: Words) -> Message:
    """They were recognised: that, and their greeting."""
    return Message(compose([words.say("✅ You are connected."), greeting.text]), below=_GONE)


def message(
    kind: AlertKind, facts: LinkDecided | LinkChanged, words: Words, role: RecipientType
) -> Message:
    """The message of an alert about somebody's link."""
    if isinstance(facts, LinkDecided):
        text = N_("✅ You were approved. Send /start to see what you can ask me.")
        return Message(compose([words.say(text)]))
    if kind is AlertKind.LINK_MOVED and role is RecipientType.CHAT:
        return Message(compose(_to_the_former(facts, words)))
    # A program of before said no more than the name.
    before = "linked" if kind is AlertKind.INVITE_ACCEPTED else "replaced"
    undo, what = facts.change, facts.what or before
    lines = _change(facts, what, words)
    if not undo or what == "undone":
        return Message(compose(lines))
    text = words.label("Undo") if what == "unlinked" else words.label("Not them")
    button = InlineKeyboardButton(text=text, callback_data=UndoButton(change=undo).pack())
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=[[button]]))


def _change(facts: LinkChanged, what: str, words: Words) -> Iterator[Html]:
    """Who, which account, whose doing, and what to do if it is wrong."""
    name = clip(facts.name or "—", 100)
    yield bold(words.say(_CHANGES[what], name=name))
    if account := _account(facts):
        yield words.say("In Telegram: {account}", account=account)
    if facts.by:
        yield words.say("By: {name}", name=clip(facts.by, 100))
    if what in ("linked", "replaced") and facts.change:
        yield words.say("➡️ Not them? Tap the button, within 24 hours.")


def _to_the_former(facts: LinkChanged, words: Words) -> Iterator[Html]:
    """No button: it would give a lost phone back to whoever found it."""
    what = facts.what or "replaced"
    if what == "restored":
        yield words.say("✅ You are connected.")
        return
    yield words.say(_FORMER.get(what, _FORMER["unlinked"]))
    if what == "replaced" and (account := _account(facts)):
        yield words.say("In Telegram: {account}", account=account)
    yield words.say("➡️ If that is a mistake, call your operations manager at once.")


def _account(facts: LinkChanged) -> Html | None:
    """`Amy Nguyen @amy 4711`, as far as it is known."""
    account = facts.account
    if account is None:
        return None
    parts = (
        clip(account.name, 100) if account.name else None,
        f"@{account.username}" if account.username else None,
        code(str(account.id)),
    )
    return joined(parts, " ")
