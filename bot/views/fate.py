"""What became of an alert, in one sentence that its reader understands: who, which message, and
where it is now. The tables hold a sentence for each state and reason (see sync/model/alerts.py).
"""

from collections.abc import Iterator, Mapping
from typing import assert_never

from bot.access import READERS
from bot.audit.story import Told
from bot.views.alerts import headline
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, escape, joined
from bot.views.people import role_names
from bot.views.unreachable import WHY
from sync.model.alerts import AlertState, Because, Reason
from sync.reconcile.audit import known

MARKS: Mapping[str, str] = {
    AlertState.PENDING: "⏳",
    AlertState.HELD: "⏳",
    AlertState.SENDING: "⏳",
    AlertState.DELIVERED: "✅",
    AlertState.SUPERSEDED: "⚪",
    AlertState.UNDELIVERABLE: "❌",
    AlertState.UNKNOWN: "❓",
    AlertState.HANDED_OVER: "✅",
    AlertState.WITHHELD: "⚪",
}
#: By reason; None where no other sentence fits.
WAITS: dict[str | None, str] = {
    Because.SLOW_DOWN: N_("next attempt {moment}: Telegram asks us to slow down"),
    Because.NOT_TAKEN: N_("next attempt {moment}: Telegram could not be reached"),
    Because.TOKEN_REFUSED: N_("next attempt {moment}: Telegram refuses this bot’s token"),
    None: N_("waits until {moment}"),
}
NOT_SENT: dict[str | None, str] = {
    Because.NEWER: N_("not sent: a newer message about this job took its place"),
    Because.DONE: N_("not sent: what it asks for was already done"),
    Because.NOT_HIS: N_("not sent: by then the job was somebody else’s business"),
    Because.GONE: N_("not sent: by then the job was gone"),
    Because.OVER: N_("not sent: it did not hold any more"),
    Because.IN_ONE_MESSAGE: N_("stands in one message about several jobs"),
    Reason.NO_MANAGER: N_("found nobody then; it went out when a manager could be reached"),
    None: N_("not sent: it did not hold any more"),
}
DOUBTFUL: dict[str | None, str] = {
    Because.LEASE_RAN_OUT: N_(
        "may have arrived: the program stopped while sending it. Ask {name} about it."
    ),
    None: N_("may have arrived: Telegram’s answer was lost. Ask {name} about it."),
}


def fate(told: Told, words: Words) -> Html:
    """One line: the mark, the person, his role, the message, and what became of it."""
    who = bold(clip(told.name, 60) if told.name else words.label("Nobody"))
    title = escape(headline(told.kind, words))
    mark = MARKS.get(told.state, "❔")
    head = Html(f"{mark} {who} ({_role(told.role, words)}), “{title}”: ")
    return Html(head + joined([*_became(told, words), *_also(told, words)], " "))


def _role(type: str, words: Words) -> Html:
    """What somebody is told something as."""
    role = READERS.get(type)
    return role_names({role} if role else (), words) or Html("—")


def _became(told: Told, words: Words) -> Iterator[Html]:
    match state := known(AlertState, told.state):
        case AlertState.DELIVERED:
            yield _delivered(told, words)
        case AlertState.PENDING | AlertState.HELD:
            yield _waits(told, words)
        case AlertState.SENDING:
            yield words.say("is being sent right now")
        case AlertState.SUPERSEDED:
            yield words.say(NOT_SENT.get(told.reason, NOT_SENT[None]))
        case AlertState.UNDELIVERABLE:
            yield from _undeliverable(told, words)
        case AlertState.UNKNOWN:
            sentence = DOUBTFUL.get(told.reason, DOUBTFUL[None])
            yield words.say(sentence, name=clip(told.name or "—", 60))
        case AlertState.HANDED_OVER:
            yield words.say("given to Make")
        case AlertState.WITHHELD:
            yield words.say("not sent: this program only watched then")
        case None:
            yield words.say("is “{state}”, which this version does not know", state=told.state)
        case _:
            assert_never(state)


def _delivered(told: Told, words: Words) -> Html:
    moment = words.moment(told.at) if told.at else "—"
    if told.acknowledged_at is None:
        return words.say("delivered {moment}", moment=moment)
    return words.say(
        "delivered {moment}, “Got it” {answered}",
        moment=moment,
        answered=words.moment(told.acknowledged_at),
    )


def _waits(told: Told, words: Words) -> Html:
    if told.at is None:
        return words.say("goes out in a moment")
    return words.say(WAITS.get(told.reason, WAITS[None]), moment=words.moment(told.at))


def _undeliverable(told: Told, words: Words) -> Iterator[Html]:
    """Why he cannot be reached, and who was told that."""
    reason = known(Reason, told.reason)
    if told.reason == Because.NOT_TAKEN:
        yield words.say("not delivered: Telegram failed at it again and again, and took others.")
        return
    if reason is None:
        yield words.say("not delivered.")
    elif told.name is None:
        yield words.say(WHY[Reason.NO_MANAGER])
    else:
        yield words.say(WHY[reason], name=clip(told.name, 60))
    if told.reported_to:
        names = ", ".join(clip(name, 60) for name in told.reported_to)
        yield words.say("By rule 8 this goes to {names}.", names=names)
    yield words.say("It goes out by itself once that is mended, if it still holds.")


def _also(told: Told, words: Words) -> Iterator[Html]:
    """What he would have got as well, had he not got this one."""
    for other in told.also:
        if other.kind and other.recipient_type:  # else a word of another version
            yield words.say(
                "(One message per person: it stands for “{title}” as {role}, too.)",
                title=headline(other.kind, words),
                role=_role(other.recipient_type, words),
            )
