"""How updates reach the bot: kept until confirmed, one poll at a time, made by what people do."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)

from sandbox.telegram import Phone, TelegramSandbox

BUTTON = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Enterado", callback_data="ack:1")]]
)


async def texts(bot: Bot, **options) -> list[str | None]:
    updates = await bot.get_updates(**options)
    return [update.message.text if update.message else None for update in updates]


async def test_updates_are_given_again_until_confirmed(bot: Bot, maria: Phone):
    for text in ("a", "b", "c"):
        await maria.send(text)
    first = await bot.get_updates(limit=2)
    assert [update.message.text for update in first if update.message] == ["a", "b"]
    assert await texts(bot) == ["a", "b", "c"]
    assert await texts(bot, offset=first[-1].update_id + 1) == ["c"]
    assert await texts(bot) == ["c"]
    assert await texts(bot, offset=-1) == ["c"]


async def test_a_poll_waits_for_the_first_update(bot: Bot, sandbox: TelegramSandbox, maria: Phone):
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(timeout=20))
        await sandbox.wait_until(lambda: sandbox.queue.polled)
        await maria.send("hola")
    assert [update.message.text for update in poll.result() if update.message] == ["hola"]


async def test_a_second_poll_ends_the_first_with_409(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(refused(bot))
        await sandbox.wait_until(lambda: sandbox.queue.polled)
        second = tasks.create_task(bot.get_updates(timeout=20))
        assert "terminated by other getUpdates" in await first
        await maria.send("hola")
    assert len(second.result()) == 1


async def refused(bot: Bot) -> str:
    with pytest.raises(TelegramConflictError) as conflict:
        await bot.get_updates(timeout=20)
    return conflict.value.message


async def test_a_webhook_ends_polling(bot: Bot, sandbox: TelegramSandbox):
    await bot.set_webhook("https://jobsync.example/telegram/webhook")
    assert (await bot.get_webhook_info()).url == "https://jobsync.example/telegram/webhook"
    with pytest.raises(TelegramConflictError, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == []


async def test_kinds_that_are_not_allowed_are_not_kept(bot: Bot, maria: Phone):
    await bot.get_updates(allowed_updates=["message"])
    await maria.block()
    assert await bot.get_updates() == []
    await bot.get_updates(allowed_updates=["message", "my_chat_member"])
    await maria.send("hola")
    unblocked, written = await bot.get_updates()
    assert unblocked.my_chat_member
    assert unblocked.my_chat_member.new_chat_member.status == "member"
    assert written.message


async def test_a_tap_is_answered_with_words(bot: Bot, maria: Phone):
    sent = await bot.send_message(maria.id, "job 7", reply_markup=BUTTON)
    tap = await maria.tap("Enterado")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert (query.data, query.from_user.id, query.message and query.message.message_id) == (
        "ack:1",
        maria.id,
        sent.message_id,
    )
    assert tap.answer is None
    await bot.answer_callback_query(query.id, "Gracias")
    assert await tap.answered() == "Gracias"


async def test_a_tap_that_is_too_old_cannot_be_answered(bot: Bot, maria: Phone):
    await bot.send_message(maria.id, "job 7", reply_markup=BUTTON)
    tap = await maria.tap(1)
    tap.expire()
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(tap.query)


async def test_a_tap_under_a_deleted_message_comes_without_it(bot: Bot, maria: Phone):
    await bot.send_message(maria.id, "job 7", reply_markup=BUTTON)
    (shown,) = maria.received
    await bot.delete_message(maria.id, shown.id)
    await maria.press(shown, "forged:1")
    (update,) = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.message
    assert update.callback_query.message.date == 0


async def test_a_button_that_is_not_there_cannot_be_tapped(bot: Bot, maria: Phone):
    await bot.send_message(maria.id, "job 7", reply_markup=BUTTON)
    with pytest.raises(LookupError, match="no button 'Got it'"):
        await maria.tap("Got it")


async def test_a_command_is_marked_as_one(bot: Bot, maria: Phone):
    await maria.start("code123")
    (update,) = await bot.get_updates()
    assert update.message
    assert update.message.text == "/start code123"
    assert [(e.type, e.length) for e in update.message.entities or []] == [("bot_command", 6)]
    assert update.message.from_user
    assert update.message.from_user.language_code == "es"


async def test_in_a_group_the_bot_sees_commands_only(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    group = sandbox.group(-44, "Crew", (maria.id,))
    await maria.send("good morning", to=group)
    await maria.send("/myjobs", to=group)
    assert await texts(bot) == ["/myjobs"]
    assert [message.text for message in group.messages] == ["good morning", "/myjobs"]


async def test_the_menu_is_the_nearest_one_in_the_persons_language(bot: Bot, maria: Phone):
    def menu(text: str) -> list[BotCommand]:
        return [BotCommand(command="help", description=text)]

    everyone = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands(menu("Help"))
    assert maria.menu == [{"command": "help", "description": "Help"}]
    await bot.set_my_commands(menu("All"), scope=everyone)
    await bot.set_my_commands(menu("Ayuda"), scope=everyone, language_code="es")
    assert maria.menu[0]["description"] == "Ayuda"
    own = BotCommandScopeChat(chat_id=maria.id)
    await bot.set_my_commands(menu("Hers"), scope=own)
    assert maria.menu[0]["description"] == "Hers"
    assert [command.description for command in await bot.get_my_commands(scope=own)] == ["Hers"]
    await bot.delete_my_commands(scope=own)
    assert maria.menu[0]["description"] == "Ayuda"
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand(command="MyJobs", description="x")])


async def test_waiting_for_a_message_shows_the_phone_when_it_does_not_come(bot: Bot, maria: Phone):
    await bot.send_message(maria.id, "job 7", reply_markup=BUTTON)
    assert (await maria.wait_for("job 7")).text == "job 7"
    with pytest.raises(TimeoutError, match=r"job 7\n    \[1\] Enterado"):
        await maria.wait_for("job 8", seconds=0.05)


async def test_who_the_bot_is_and_whom_it_writes_to(bot: Bot, maria: Phone):
    me = await bot.get_me()
    assert (me.id, me.is_bot) == (bot.id, True)
    assert (await bot.get_chat(maria.id)).first_name == "María"
    assert await bot.send_chat_action(maria.id, "typing")
