"""What Telegram's answer to a poll means: which updates, what is confirmed next, how long to rest.

Plain; `bot/updates.py` acts on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import Update
from pydantic import ValidationError

_REFUSED_REST, _CONFLICT_REST, _LONGEST_REST = 30.0, 5.0, 30.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Updates in order; `next` is the offset that confirms them all, `unreadable` ones included."""

    updates: tuple[Update, ...] = ()
    next: int | None = None
    unreadable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a poll failed, seconds to rest, and whether our token is refused."""

    detail: str
    rest: float
    refused: bool = False


def batch(updates: Sequence[Update]) -> Batch:
    """A batch as Telegram gave it."""
    return Batch(tuple(updates), max((u.update_id for u in updates), default=-1) + 1 or None)


def salvage(error: ClientDecodeError, bot: Bot) -> Batch | None:
    """The updates that can be read of an answer of which one cannot; None if it is no answer.

    One update of a kind that aiogram does not know would else stop all others for ever.
    """
    results = error.data.get("result") if isinstance(error.data, dict) else None
    if not isinstance(results, list) or not results:
        return None
    read = {item["update_id"]: _read(item, bot) for item in results}
    return Batch(
        tuple(update for update in read.values() if update),
        max(read) + 1,
        tuple(id for id, update in read.items() if update is None),
    )


def _read(item: dict[str, Any], bot: Bot) -> Update | None:
    try:
        return Update.model_validate(item, context={"bot": bot})
    except ValidationError:
        return None


def setback(error: Exception, failures: int) -> Setback:
    """What a failed poll means; `failures` came before it in a row.

    The detail never holds the token: a network error may quote the address, so only its kind is
    told.
    """
    match error:
        case TelegramUnauthorizedError() | TelegramNotFound():
            return Setback(f"Telegram refuses our token: {error.message}", _REFUSED_REST, True)
        case TelegramConflictError():
            return Setback(f"somebody else polls: {error.message}", _CONFLICT_REST)
        case TelegramRetryAfter(retry_after=seconds):
            return Setback("429", float(seconds))
        case TelegramNetworkError():
            cause = error.__cause__
            return Setback(type(cause or error).__name__, _backoff(failures))
        case TelegramAPIError():
            return Setback(error.message, _backoff(failures))
        case _:
            return Setback(type(error).__name__, _backoff(failures))


def _backoff(failures: int) -> float:
    return min(2.0 ** min(failures, 10), _LONGEST_REST)
