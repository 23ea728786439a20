"""What Telegram's answer to a message means: a plain function from answer or error to a verdict.

Telegram has no idempotency key, so the question behind every branch is: can the message have
arrived? `Again` is said only where it cannot have; what may have arrived is `Unknown`, and is never
repeated blindly.
"""

from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import Message

from sync.model.alerts import Because, Reason

#: How long everything rests after Telegram refused our token, before one message tries again.
TOKEN_REST = timedelta(seconds=60)
#: The longest rest between two attempts of one message while Telegram is away.
LONGEST_REST = timedelta(seconds=60)
#: Failures of one message after which it is looked whose trouble that is: some five minutes.
PATIENCE = 10
TOKEN_REFUSED = Because.TOKEN_REFUSED


@dataclass(frozen=True, slots=True)
class Delivered:
    """Telegram accepted the message."""

    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Again:
    """Not arrived: back to `pending`, due in `after`; with `lane`, all to them rests so long.

    `failure` counts as an attempt; a 429 is none.
    """

    after: timedelta
    lane: bool = False
    failure: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """It failed for long while Telegram answers: again in `after`; its lane does not wait."""

    after: timedelta
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It failed for long while Telegram took others: terminal; the managers are told."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Telegram takes nothing from us at all: everything rests for `after`, and says why."""

    reason: str
    after: timedelta
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """This person cannot be reached by Telegram; the managers are told."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Resend:
    """Refused only as it stood: at once again, as plain text or to the chat the group became."""

    plain: bool = False
    chat_id: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived; terminal."""

    detail: str = ""


Verdict = Delivered | Again | Held | Undeliverable | Resend | Unknown

#: Words in a 400 that speak about the chat; they never come right by another text.
_NO_SUCH_CHAT = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_id is empty",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
    "group chat was deactivated",
    "bot is not a member",
    "need administrator rights",
)
#: What aiohttp raises before anything of a request is on the wire.
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_BLOCKED = ("bot was blocked", "blocked by the user")
_DEACTIVATED = ("user is deactivated",)


def decipher(answer: Message | BaseException, *, attempts: int, plain: bool = False) -> Verdict:
    """What becomes of the message; `attempts` failed so far, `plain`: this was its plain text."""
    match answer:
        case Message():
            return Delivered(chat_id=answer.chat.id, message_id=answer.message_id)
        case TelegramNetworkError():
            return _network(answer, attempts=attempts, plain=plain)
        case TelegramAPIError():
            return _refused(answer, attempts=attempts, plain=plain)
        case _:
            # An answer that makes no sense (ClientDecodeError), or an error of our own on the way.
            return Unknown(type(answer).__name__)


#: Words in a 400 after which there is nothing left to edit.
_NOTHING_TO_EDIT = (
    "message is not modified",
    "message to edit not found",
    "message_id_invalid",
    "message can't be edited",
)


def decipher_edit(
    answer: Message | bool | BaseException, *, attempts: int, plain: bool = False
) -> Again | Held | Undeliverable | Resend | None:
    """What becomes of an edit of a message; None when there is nothing left to edit.

    It may be repeated however it ended. `Undeliverable` means that we are blocked, until we are let
    in again.
    """
    if isinstance(answer, Message | bool):
        return None
    if isinstance(answer, TelegramBadRequest):
        folded = answer.message.casefold()
        if any(words in folded for words in _NOTHING_TO_EDIT):
            return None
    match decipher(answer, attempts=attempts, plain=plain):
        case Unknown(detail) | Resend(chat_id=int(), detail=detail):
            return Again(pause(attempts), detail=detail)
        case Undeliverable(reason) as refused:
            # Else there is no such chat any more, or no text of ours is taken.
            return refused if reason is Reason.BOT_BLOCKED else None
        case Delivered():
            return None
        case verdict:
            return verdict


def _refused(error: TelegramAPIError, *, attempts: int, plain: bool) -> Verdict:
    """A proper "not ok": Telegram says itself that it did not take the message."""
    match error:
        case TelegramRetryAfter(retry_after=seconds):
            return Again(timedelta(seconds=seconds), lane=True, failure=False, detail="429")
        case TelegramMigrateToChat(migrate_to_chat_id=chat_id):
            return Resend(plain=plain, chat_id=chat_id, detail="became a supergroup")
        case TelegramUnauthorizedError() | TelegramNotFound():
            # A revoked token answers 401, a malformed one 404; we call no unknown method.
            return Held(TOKEN_REFUSED, TOKEN_REST, error.message)
        case TelegramForbiddenError():
            return Undeliverable(_forbidden(error.message), error.message)
        case TelegramBadRequest():
            return _bad_request(error.message, plain=plain)
        case _:
            # 5xx, 409 and whatever comes next; a 429 may lack its number of seconds.
            flood = "too many requests" in error.message.casefold()
            return Again(pause(attempts), lane=flood, failure=not flood, detail=error.message)


def pause(attempts: int) -> timedelta:
    """The rest after this many failures: 1, 2, 4 … seconds, at most `LONGEST_REST`."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_REST)


def failed_for_long(again: Again, attempts: int) -> bool:
    """Whether the message itself may be the trouble; `attempts` failed before this one."""
    return again.failure and attempts + 1 >= PATIENCE


def not_written(attempts: int) -> Again | Aside:
    """A failure of ours at a verdict by which nothing arrived: it must not hold up its lane."""
    again = Again(pause(attempts), detail="not written")
    return Aside(again.after, again.detail) if failed_for_long(again, attempts) else again


def _forbidden(text: str) -> Reason:
    """Why they refuse us, by the words of a 403; others (kicked, never started) mean no chat."""
    folded = text.casefold()
    if any(words in folded for words in _BLOCKED):
        return Reason.BOT_BLOCKED
    if any(words in folded for words in _DEACTIVATED):
        return Reason.DEACTIVATED
    return Reason.CHAT_NOT_FOUND


def _bad_request(text: str, *, plain: bool) -> Verdict:
    """A 400 about the chat is final; one about the text gets the plain text, which is the last try.

    What Telegram refuses even as a few plain words cannot be helped by any text of ours.
    """
    folded = text.casefold()
    if plain or any(words in folded for words in _NO_SUCH_CHAT):
        return Undeliverable(Reason.CHAT_NOT_FOUND, text)
    return Resend(plain=True, detail=text)


def _network(error: TelegramNetworkError, *, attempts: int, plain: bool) -> Verdict:
    """Again when there never was a connection, else unknown: the request may have left."""
    if isinstance(error, TelegramEntityTooLarge):  # a 413, though aiogram counts it as network
        return _bad_request(error.message, plain=plain)
    cause = error.__cause__
    if isinstance(cause, _NEVER_LEFT):
        return Again(pause(attempts), detail=type(cause).__name__)
    return Unknown(type(cause).__name__ if cause else error.message)
