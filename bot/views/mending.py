"""What managers see while they mend why a crew leader cannot be told: who he could be, and how he
stands afterwards. The alert itself is in `alerts.py`, with the words of `unreachable.py`.
"""

from collections.abc import Sequence

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.member import Member
from bot.people.mending import Done, Standing
from bot.views.alerts import AlertRow, alert_message
from bot.views.buttons import Mend, MendButton, WhoButton
from bot.views.facts import fact_buttons, title
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, plain
from bot.views.roster import legend, people_rows
from sync.alerts import AlertKind, RecipientType

_DONE = {
    Done.APPROVED: N_("✅ {name} is approved."),
    Done.CHOSEN: N_("✅ {name} is {chosen} in BotZilla."),
    Done.ADDED: N_("✅ {name} is in BotZilla now."),
}


def standing_message(standing: Standing, words: Words) -> Message:
    """How he stands: what was done, and what is left to do, with its buttons."""
    done = _done(standing, words)
    if standing.reason is None:
        reached = words.say("{name} can be reached.", name=_name(standing))
        lines = [
            bold(done or reached),
            title(standing.facts),
            reached if done else None,
            words.say("What waits for them goes out by itself."),
        ]
        rows = fact_buttons(standing.facts, words)
        return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows) if rows else None)
    facts = {
        "leader": standing.name,
        "leader_id": standing.case.leader,
        "reason": standing.reason,
        "candidates": [member.name for member in standing.candidates],
        "employee_id": standing.employee_id,
        "crew_member_id": standing.crew_member_id,
    }
    alert = AlertRow(AlertKind.CREW_LEADER_UNREACHABLE, facts)
    said = alert_message(alert, standing.facts, words, RecipientType.OPERATION_MANAGER)
    return Message(compose([done, Html("") if done else None, said.text]), said.keyboard)


def choose_leader(
    standing: Standing,
    members: Sequence[Member],
    words: Words,
    *,
    page: int = 0,
    searched: str | None = None,
) -> Message:
    """Who he could be, to be picked."""
    at = {"job": standing.case.job, "leader": standing.case.leader}
    rows = people_rows(
        members,
        page,
        button_for=lambda m: WhoButton(**at, source=m.source, id=m.id),
        turn_to=lambda to: MendButton(**at, deed=Mend.CHOOSE, page=to),
    )
    back = MendButton(**at, deed=Mend.SHOW).pack()
    rows.append([InlineKeyboardButton(text=words.label("‹ Back"), callback_data=back)])
    lines = (
        bold(words.say("Who is {name} in BotZilla?", name=_name(standing))),
        title(standing.facts),
        words.say("Nobody here is called “{text}”.", text=clip(searched, 60))
        if searched and not members
        else None,
        legend(members, words) or None,
        words.say("To search, reply to this message with a name."),
    )
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def done_label(standing: Standing, words: Words) -> str | None:
    """What was done, as the short answer to a tap."""
    done = _done(standing, words)
    return plain(done) if done else None


def _done(standing: Standing, words: Words) -> Html | None:
    if standing.done is None:
        return None
    chosen = clip(standing.chosen or "—", 100)
    return words.say(_DONE[standing.done], name=_name(standing), chosen=chosen)


def _name(standing: Standing) -> str:
    return clip(standing.name or f"Attic Tech {standing.case.leader}", 100)
