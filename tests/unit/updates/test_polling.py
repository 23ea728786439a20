"""What an answer to a poll means, as plain values."""

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetUpdates
from aiogram.types import Update

from bot.telegram.client import Batch, Setback, batch, salvage, setback

POLL = GetUpdates()
BOT = Bot("1:a")
TEXT = {
    "message_id": 1,
    "date": 1,
    "chat": {"id": 7, "type": "private"},
    "from": {"id": 7, "is_bot": False, "first_name": "Chris"},
    "text": "hello",
}


def decode_error(data: object) -> ClientDecodeError:
    return ClientDecodeError("Failed to deserialize object", ValueError("x"), data)


def test_a_batch_is_confirmed_by_the_id_after_its_last():
    updates = [Update(update_id=5), Update(update_id=9)]
    assert batch(updates) == Batch(tuple(updates), 10)


def test_an_empty_answer_confirms_nothing():
    assert batch([]) == Batch((), None)


def test_one_unreadable_update_does_not_stop_the_others():
    broken = {"update_id": 8, "message": {"text": "no date, no chat"}}
    good = {"update_id": 7, "message": TEXT}
    saved = salvage(decode_error({"ok": True, "result": [good, broken]}), BOT)
    assert saved is not None
    assert [update.update_id for update in saved.updates] == [7]
    assert (saved.next, saved.unreadable) == (9, (8,))
    assert saved.updates[0].message.text == "hello"


@pytest.mark.parametrize("data", ["<html>", {"ok": True}, {"result": []}, {"result": "x"}, None])
def test_what_is_no_answer_is_not_salvaged(data):
    assert salvage(decode_error(data), BOT) is None


@pytest.mark.parametrize("kind", [TelegramUnauthorizedError, TelegramNotFound])
def test_a_refused_token_is_told(kind):
    assert setback(kind(POLL, "Unauthorized"), 0) == Setback(
        "Telegram refuses our token: Unauthorized", 30.0, refused=True
    )


def test_a_second_poller_is_told_and_the_token_is_well():
    back = setback(TelegramConflictError(POLL, "terminated by other getUpdates request"), 0)
    assert back == Setback("somebody else polls: terminated by other getUpdates request", 5.0)


def test_a_429_rests_as_long_as_telegram_says():
    assert setback(TelegramRetryAfter(POLL, "slow", 17), 5) == Setback("429", 17.0)


@pytest.mark.parametrize(
    "error",
    [
        TelegramServerError(POLL, "Bad Gateway"),
        TelegramAPIError(POLL, "Bad Gateway"),
    ],
)
def test_trouble_at_telegram_is_asked_again_ever_more_slowly(error):
    rests = [setback(error, failures).rest for failures in (0, 1, 2, 10, 10_000)]
    assert rests == [1, 2, 4, 30, 30]
    assert setback(error, 0).detail == "Bad Gateway"


def test_a_network_error_is_told_by_its_kind_alone_since_it_may_quote_the_token():
    error = TelegramNetworkError(POLL, "https://api.telegram.org/bot1:a/getUpdates")
    error.__cause__ = aiohttp.InvalidURL("https://api.telegram.org/bot1:a/getUpdates")
    assert setback(error, 0) == Setback("InvalidURL", 1.0)


def test_an_answer_that_makes_no_sense_is_asked_again():
    assert setback(decode_error("<html>"), 1) == Setback("ClientDecodeError", 2.0)
