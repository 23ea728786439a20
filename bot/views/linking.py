"""Linking in words: sharing one's number, choosing a branch, and the card on which managers decide.

Who asks is shown as Telegram shows him; he himself learns nothing of the company but the names of
its branches and what becomes of his request.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.people.member import Member
from bot.people.requests import Branch, Request
from bot.views.buttons import AsButton, BranchButton, Deed, RequestButton
from bot.views.facts import phone
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, joined
from bot.views.roster import legend, people_rows
from sync.alerts import AlertKind, RecipientType

Facts = dict[str, Any]
#: Telegram takes no more than a hundred buttons.
_MOST_BRANCHES = 96
_GONE = ReplyKeyboardRemove()

#: What one hears who shared a contact, where that is one sentence.
WAITS = N_(
    "You are registered and wait for approval. Your operation managers have been asked; I tell you "
    "when they have decided."
)
ASKED = N_("The operation managers have been asked. I tell you when they have decided.")
FOREIGN = N_("That is somebody else's contact. Share your own number with the key below.")
REFUSED = N_("I cannot link you by your phone number. Ask your operation manager to invite you.")
TOO_OFTEN = N_("That was tried too often today. Try again tomorrow, or talk to your manager.")
ALREADY = N_("You are linked already. /whoami shows as whom.")


def share_your_number(words: Words) -> Message:
    """The answer to `/link`."""
    key = KeyboardButton(text=words.label("📱 Share my phone number"), request_contact=True)
    keys = ReplyKeyboardMarkup(keyboard=[[key]], one_time_keyboard=True, resize_keyboard=True)
    lines = (
        words.say("Tap the key below to share your phone number."),
        words.say("If the company knows it, I link you at once; else your manager is asked."),
    )
    return Message(compose(lines), below=keys)


def sentence(text: str, words: Words) -> Message:
    """One sentence, which also takes the key for sharing away."""
    return Message(compose([words.say(text)]), below=_GONE)


def linked(greeting: Message, words: Words) -> Message:
    """He was recognised: that, and his greeting."""
    return Message(compose([words.say("✅ You are linked."), greeting.text]), below=_GONE)


def thanks(words: Words) -> Message:
    """Takes the key for sharing away, before something with buttons."""
    return Message(compose([words.say("Thank you.")]), below=_GONE)


def choose_branch(branches: Sequence[Branch], words: Words) -> Message:
    """Whose managers are to be asked."""
    buttons = [
        InlineKeyboardButton(
            text=clip(branch.name, 60), callback_data=BranchButton(branch=branch.id).pack()
        )
        for branch in branches[:_MOST_BRANCHES]
    ]
    rows = [buttons[place : place + 2] for place in range(0, len(buttons), 2)]
    lines = (
        words.say("I do not know this number yet."),
        words.say("Which branch do you work for? Its managers will be asked."),
    )
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def message(kind: AlertKind, facts: Facts, words: Words, role: RecipientType) -> Message:
    """The message of an alert about somebody's link."""
    if kind is AlertKind.LINK_REQUESTED:
        return request_card(facts, words)
    if kind is AlertKind.LINK_DECIDED:
        return Message(compose(_decided(facts, words)))
    return Message(compose(_moved(facts, words, role)))


def request_card(facts: Facts, words: Words) -> Message:
    """Somebody asks to be linked: who he is, and what to do about it."""
    id = int(facts["request"])
    choose = words.label("Approve as …")
    deeds = [
        InlineKeyboardButton(text=text, callback_data=RequestButton(request=id, deed=deed).pack())
        for text, deed in ((choose, Deed.CHOOSE), (words.label("Refuse"), Deed.REFUSE))
    ]
    lines = (*_who_asks(facts, words), words.say("➡️ Approve only whom you know."))
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=[deeds]))


def choose_person(
    facts: Facts,
    members: Sequence[Member],
    words: Words,
    *,
    page: int = 0,
    searched: str | None = None,
) -> Message:
    """The card with the people as whom he can be approved, the likely ones first."""
    id = int(facts["request"])
    rows = people_rows(
        members,
        page,
        button_for=lambda m: AsButton(request=id, source=m.source, id=m.id),
        turn_to=lambda to: RequestButton(request=id, deed=Deed.CHOOSE, page=to),
    )
    back = RequestButton(request=id, deed=Deed.SHOW).pack()
    rows.append([InlineKeyboardButton(text=words.label("‹ Back"), callback_data=back)])
    lines = (
        *_who_asks(facts, words),
        words.say("Nobody here is called “{text}”.", text=clip(searched, 60))
        if searched and not members
        else words.say("➡️ Who is it?"),
        legend(members, words) or None,
        words.say("To search, reply to this message with a name."),
    )
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def decided_card(facts: Facts, request: Request, by: str | None, words: Words) -> Message:
    """The card of a request that was decided, `by` a manager with this name."""
    return Message(compose((*_who_asks(facts, words), decided_line(request, by, words))))


def decided_line(request: Request, by: str | None, words: Words) -> Html:
    """Who decided what."""
    who, name = clip(by or "—", 100), clip(request.approved_as or "—", 100)
    if request.decided_by == f"chat:{request.telegram_id}":
        return words.say("✅ Recognised by their own phone number: {name}.", name=name)
    if request.approved:
        return words.say("✅ {who} approved this as {name}.", who=who, name=name)
    return words.say("❌ {who} refused this.", who=who)


def _who_asks(facts: Facts, words: Words) -> Iterator[Html]:
    username = facts.get("username")
    name = joined((clip(str(facts["name"]), 100), f"@{username}" if username else None), " ")
    yield bold(words.say("🔑 Somebody asks to be linked"))
    yield words.say("In Telegram: {name}", name=name)
    if number := phone({"phone": facts.get("phone")}):
        yield joined(("📞", number), " ")
    if branch := facts.get("branch"):
        yield words.say("Branch: {name}", name=clip(str(branch), 100))
    if known_as := facts.get("known_as"):
        yield words.say(
            "{name} has this number in BotZilla and waits for approval.",
            name=clip(str(known_as), 100),
        )


def _decided(facts: Facts, words: Words) -> Iterator[Html]:
    if not facts.get("approved"):
        yield words.say("Your request was refused. Talk to your operation manager.")
        return
    yield words.say("✅ You were approved. Send /start to see what you can ask me.")


def _moved(facts: Facts, words: Words, role: RecipientType) -> Iterator[Html]:
    if role is RecipientType.CHAT:
        yield words.say("⚠️ Your messages go to another Telegram account from now on.")
        yield words.say("➡️ If that is not yours, tell your operation manager at once.")
        return
    name = clip(str(facts.get("name") or "—"), 100)
    yield bold(words.say("🔁 {name} has another Telegram account now", name=name))
    yield words.say("Messages go there from now on. Is that a surprise? Ask on the phone.")
