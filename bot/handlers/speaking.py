"""Between Telegram and the handlers: who is speaking, in which language, and what went wrong.

The middleware gives handlers `person` and `words`, answers every tap, and turns errors into words:
a `UserError` is said as it is; everything else is logged with its cause and becomes one sentence.
Trouble that passes (no database, Telegram is busy) is left to who handed us the update, and who
does so again (`bot/telegram/dispatch.py`). It writes nothing, unless messages to somebody who now
writes to us were refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram import BaseMiddleware, Bot
from aiogram.enums import ChatType
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.types import CallbackQuery, InaccessibleMessage, TelegramObject, Update
from aiogram.types import Message as Received

from bot.handlers.frame import Deps, UserError
from bot.people.chat import is_back, language_of
from bot.people.identity import Identity, read_identity
from bot.telegram.dispatch import Budgets
from bot.views.excuses import WENT_WRONG
from bot.views.language import N_, Words
from bot.views.message import Message, clip
from sync.postgres.pool import DATABASE_AWAY

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]

OUT_OF_DATE = N_("This button is out of date. Send the command again.")
NOT_YOURS = N_("This button is not for you.")
#: Telegram's limit for the short answer to a tap.
_SHORT = 190

_LOG = structlog.get_logger()


class Speaking(BaseMiddleware):
    """For messages and taps in private chats; what comes from elsewhere passes without a person."""

    def __init__(self, deps: Deps, budgets: Budgets) -> None:
        self._deps, self._budgets = deps, budgets

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        """What the handler returns; None where it failed and the person was told."""
        assert isinstance(event, Received | CallbackQuery)  # noqa: S101 - registered for these
        data["words"] = self._deps.words
        try:
            if is_private(event):
                if event.from_user is None:
                    return None  # nobody asks, and so nobody is answered
                person = await self._meet(event.from_user.id)
                self._budgets.met(person.telegram_id, known=bool(person.roles))
                data.update(person=person, words=self._deps.speaking(person.language))
            return await self._answered(handler, event, data)
        except UserError as error:
            await _tell(event, data["words"], error.sentence, **error.values)
        except DATABASE_AWAY:
            raise
        except AiogramError:
            if isinstance(event, CallbackQuery):
                await _short_answer(event, None)
            raise
        except Exception:
            _LOG.exception("handler_failed", update=data["event_update"].update_id)
            await _tell(event, data["words"], WENT_WRONG)
        return None

    async def _meet(self, telegram_id: int) -> Identity:
        deps = self._deps
        async with deps.pool.acquire() as connection:
            person = await read_identity(
                connection, telegram_id, deps.operators, deps.words.language
            )
            await is_back(connection, person)
        return person

    async def _answered(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        """Runs the handler; a tap is answered when its effect is committed, with words if any."""
        result = await handler(event, data)
        if isinstance(event, CallbackQuery):
            await _short_answer(event, result if isinstance(result, str) else None)
        return result


def excuser(bot: Bot, deps: Deps) -> Callable[[Update, str], Awaitable[None]]:
    """What says one sentence to who sent an update, though nothing was done of it."""

    async def excuse(update: Update, sentence: str) -> None:
        event = update.event.as_(bot)
        if isinstance(event, Received | CallbackQuery) and event.from_user:
            language = await _language(deps, event.from_user.id)
            await _tell(event, deps.speaking(language), sentence)

    return excuse


async def _language(deps: Deps, telegram_id: int) -> str:
    """Their language; the default one where the database is in trouble itself."""
    try:
        async with asyncio.timeout(1), deps.pool.acquire() as connection:
            return await language_of(connection, telegram_id, deps.words.language)
    except DATABASE_AWAY:
        return deps.words.language


def is_private(event: Received | CallbackQuery) -> bool:
    """Whether it came from a private chat."""
    message = event if isinstance(event, Received) else event.message
    return message is not None and message.chat.type == ChatType.PRIVATE


async def _tell(
    event: Received | CallbackQuery, words: Words, sentence: str, **values: object
) -> None:
    """One sentence to who sent the event."""
    if isinstance(event, CallbackQuery):
        await _short_answer(event, words.label(sentence, **values))
    elif is_private(event):
        await event.answer(words.say(sentence, **values))


async def _short_answer(tap: CallbackQuery, text: str | None) -> None:
    try:
        await tap.answer(clip(text, _SHORT) if text else None)
    except TelegramBadRequest:
        # Too old to be answered: it was delivered late, or a second time.
        _LOG.debug("tap_too_old")


async def reply(message: Received, said: Message) -> Received:
    """Send `said` into the chat of `message`; the message as it stands there."""
    return await message.answer(said.text, reply_markup=said.keyboard or said.below)


async def replace(tap: CallbackQuery, said: Message) -> None:
    """Put `said` in place of the message whose button was tapped; the same again is no change."""
    if tap.message is None or isinstance(tap.message, InaccessibleMessage):
        raise UserError(OUT_OF_DATE)
    try:
        await tap.message.edit_text(said.text, reply_markup=said.keyboard)
    except TelegramBadRequest as error:
        if "message is not modified" not in error.message:
            raise UserError(OUT_OF_DATE) from error
