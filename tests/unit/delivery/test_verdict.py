"""Every answer of Telegram, and every way in which there is none, becomes one verdict."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import aiohttp
import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    RestartingTelegram,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage
from aiogram.types import Chat, Message

from bot.delivery.verdict import (
    LONGEST_REST,
    TOKEN_REST,
    Again,
    Delivered,
    Held,
    Resend,
    Undeliverable,
    Unknown,
    decipher,
    decipher_edit,
    pause,
)
from sync.model.alerts import Reason

METHOD = SendMessage(chat_id=1, text="x")
KEY = SimpleNamespace(host="api.telegram.org", port=443, ssl=True)


def refusal(kind: type[TelegramAPIError], text: str) -> TelegramAPIError:
    return kind(METHOD, text)


def broken(cause: BaseException | None) -> TelegramNetworkError:
    error = TelegramNetworkError(METHOD, "HTTP Client says")
    error.__cause__ = cause
    return error


def test_an_accepted_message_is_delivered_with_its_chat_and_number():
    answer = Message(message_id=7, date=datetime.now(UTC), chat=Chat(id=42, type="private"))
    assert decipher(answer, attempts=0) == Delivered(chat_id=42, message_id=7)


def test_a_429_rests_the_whole_recipient_as_long_as_telegram_says_and_is_no_failure():
    verdict = decipher(TelegramRetryAfter(METHOD, "Too Many Requests", 17), attempts=0)
    assert verdict == Again(timedelta(seconds=17), lane=True, failure=False, detail="429")


def test_a_429_without_its_seconds_rests_the_recipient_too():
    verdict = decipher(refusal(TelegramAPIError, "Too Many Requests"), attempts=2)
    assert verdict == Again(pause(2), lane=True, failure=False, detail="Too Many Requests")


def test_a_group_that_became_a_supergroup_gets_it_at_once_there():
    verdict = decipher(TelegramMigrateToChat(METHOD, "migrated", -1001), attempts=0)
    assert verdict == Resend(chat_id=-1001, detail="became a supergroup")


@pytest.mark.parametrize("kind", [TelegramUnauthorizedError, TelegramNotFound])
def test_a_refused_token_holds_everything(kind):
    verdict = decipher(refusal(kind, "Unauthorized"), attempts=0)
    assert verdict == Held("token_refused", TOKEN_REST, "Unauthorized")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Forbidden: bot was blocked by the user", Reason.BOT_BLOCKED),
        ("Forbidden: user is deactivated", Reason.DEACTIVATED),
        ("Forbidden: bot can't initiate conversation with a user", Reason.CHAT_NOT_FOUND),
        ("Forbidden: bot was kicked from the supergroup chat", Reason.CHAT_NOT_FOUND),
        ("Forbidden: bot can't send messages to bots", Reason.CHAT_NOT_FOUND),
    ],
)
def test_a_403_is_final_and_its_words_say_why(text, reason):
    verdict = decipher(refusal(TelegramForbiddenError, text), attempts=0)
    assert verdict == Undeliverable(reason, text)


@pytest.mark.parametrize(
    "text",
    [
        "Bad Request: chat not found",
        "Bad Request: PEER_ID_INVALID",
        "Bad Request: user not found",
        "Bad Request: group chat was deactivated",
        "Bad Request: not enough rights to send text messages to the chat",
    ],
)
def test_a_400_about_the_chat_is_final(text):
    verdict = decipher(refusal(TelegramBadRequest, text), attempts=0)
    assert verdict == Undeliverable(Reason.CHAT_NOT_FOUND, text)


@pytest.mark.parametrize(
    "text",
    [
        "Bad Request: can't parse entities: Unsupported start tag",
        "Bad Request: message is too long",
        "Bad Request: message thread not found",
        "Bad Request: BUTTON_URL_INVALID",
    ],
)
def test_a_400_about_the_text_gets_the_plain_text_once(text):
    error = refusal(TelegramBadRequest, text)
    assert decipher(error, attempts=0) == Resend(plain=True, detail=text)
    assert decipher(error, attempts=0, plain=True) == Undeliverable(Reason.CHAT_NOT_FOUND, text)


def test_a_413_is_a_refusal_and_no_lost_answer():
    error = refusal(TelegramEntityTooLarge, "Request Entity Too Large")
    assert decipher(error, attempts=0) == Resend(plain=True, detail="Request Entity Too Large")


@pytest.mark.parametrize("kind", [TelegramServerError, RestartingTelegram, TelegramConflictError])
def test_a_refusal_that_may_pass_is_tried_again_later(kind):
    assert decipher(refusal(kind, "Bad Gateway"), attempts=3) == Again(
        timedelta(seconds=8), detail="Bad Gateway"
    )


@pytest.mark.parametrize(
    "cause",
    [
        aiohttp.ClientConnectorError(KEY, OSError("refused")),
        aiohttp.ClientConnectorDNSError(KEY, OSError("no such host")),
        aiohttp.ConnectionTimeoutError("connect"),
        aiohttp.InvalidURL("nowhere"),
    ],
)
def test_what_never_had_a_connection_is_tried_again(cause):
    verdict = decipher(broken(cause), attempts=1)
    assert verdict == Again(timedelta(seconds=2), detail=type(cause).__name__)


@pytest.mark.parametrize(
    "cause",
    [
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ClientPayloadError("cut"),
        aiohttp.SocketTimeoutError("read"),
    ],
)
def test_what_may_have_left_is_unknown(cause):
    assert decipher(broken(cause), attempts=0) == Unknown(type(cause).__name__)


@pytest.mark.parametrize(
    "answer",
    [
        ClientDecodeError("Failed to decode object", ValueError("x"), "<html>"),
        TimeoutError(),
        asyncio.CancelledError(),
        ValueError("a bug of ours"),
    ],
)
def test_an_answer_that_makes_no_sense_is_unknown(answer):
    assert decipher(answer, attempts=0) == Unknown(type(answer).__name__)


def test_the_pause_doubles_up_to_a_minute():
    assert [pause(n).seconds for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause(10_000) == LONGEST_REST


# ---- changing a message that was delivered -------------------------------------------------------

CHANGED = Message(message_id=7, date=datetime.now(UTC), chat=Chat(id=42, type="private"))


@pytest.mark.parametrize(
    "text",
    [
        "Bad Request: message is not modified: specified new message content is the same",
        "Bad Request: message to edit not found",
        "Bad Request: MESSAGE_ID_INVALID",
        "Bad Request: message can't be edited",
        "Bad Request: chat not found",
    ],
)
def test_where_nothing_can_be_edited_nothing_is_left_to_do(text):
    assert decipher_edit(refusal(TelegramBadRequest, text), attempts=0) is None


@pytest.mark.parametrize("answer", [CHANGED, True])
def test_an_edited_message_is_done_with(answer):
    assert decipher_edit(answer, attempts=0) is None


def test_who_blocked_the_bot_is_waited_for_and_who_is_no_more_is_not():
    blocked = refusal(TelegramForbiddenError, "Forbidden: bot was blocked by the user")
    assert decipher_edit(blocked, attempts=0) == Undeliverable(Reason.BOT_BLOCKED, blocked.message)
    gone = refusal(TelegramForbiddenError, "Forbidden: user is deactivated")
    assert decipher_edit(gone, attempts=0) is None


def test_a_text_that_is_refused_is_tried_without_marks_and_then_given_up():
    refused = refusal(TelegramBadRequest, "Bad Request: can't parse entities")
    assert decipher_edit(refused, attempts=0) == Resend(plain=True, detail=refused.message)
    assert decipher_edit(refused, attempts=0, plain=True) is None


@pytest.mark.parametrize(
    ("error", "verdict", "after"),
    [
        (TelegramRetryAfter(METHOD, "slow", retry_after=9), Again, timedelta(seconds=9)),
        (refusal(TelegramServerError, "Bad Gateway"), Again, pause(3)),
        (broken(aiohttp.ClientConnectorError(KEY, OSError())), Again, pause(3)),
        (broken(TimeoutError()), Again, pause(3)),
        (refusal(TelegramUnauthorizedError, "Unauthorized"), Held, TOKEN_REST),
        (TelegramMigrateToChat(METHOD, "migrated", migrate_to_chat_id=-5), Again, pause(3)),
        (ClientDecodeError("no JSON", ValueError(), "<html>"), Again, pause(3)),
    ],
)
def test_whatever_else_happens_it_is_tried_again(error, verdict, after):
    """Also when the answer was lost: editing a message twice does no harm."""
    found = decipher_edit(error, attempts=3)
    assert isinstance(found, verdict)
    assert found.after == after
