"""What the pretend Telegram takes, refuses and shows of the bot's messages."""

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
)
from aiogram.types import (
    BufferedInputFile,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyParameters,
)

from sandbox.telegram import EventKind, Phone, TelegramSandbox


def keyboard(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[button] for button in buttons])


def taps(text: str, data: str) -> InlineKeyboardMarkup:
    return keyboard(InlineKeyboardButton(text=text, callback_data=data))


async def test_a_message_appears_as_text_with_entities(bot: Bot, maria: Phone):
    sent = await bot.send_message(maria.id, "<b>Casa 🏠</b> &amp; más", parse_mode="HTML")
    assert sent.text == "Casa 🏠 & más"
    assert [(e.type, e.offset, e.length) for e in sent.entities or []] == [("bold", 0, 7)]
    assert [message.text for message in maria.received] == ["Casa 🏠 & más"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<b>open", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("<br/>", 'can\'t parse entities: Unsupported start tag "br/" at byte offset 0'),
        ("á<p>x</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 2'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        ("1 < 2", "can't parse entities: Unsupported start tag"),
        ("<b", "can't parse entities: Unclosed start tag at byte offset 0"),
        ("x" * 4097, "message is too long"),
        ("  <b> </b>\n", "message text is empty"),
    ],
)
async def test_text_that_telegram_refuses(bot: Bot, maria: Phone, text: str, why: str):
    with pytest.raises(TelegramBadRequest) as refused:
        await bot.send_message(maria.id, text, parse_mode="HTML")
    assert why in refused.value.message
    assert maria.received == ()


async def test_length_counts_what_is_seen_not_the_markup(bot: Bot, maria: Phone):
    await bot.send_message(maria.id, f"<b>{'&amp;' * 4096}</b>", parse_mode="HTML")
    assert maria.received[0].text == "&" * 4096


async def test_a_link_that_telegram_does_not_open_loses_its_address(bot: Bot, maria: Phone):
    sent = await bot.send_message(
        maria.id,
        '<a href="tel:+16195550100">call</a> <a href="https://a.example/1">look</a>',
        parse_mode="HTML",
    )
    assert [(e.type, e.url) for e in sent.entities or []] == [("text_link", "https://a.example/1")]


async def test_an_edit_replaces_what_is_displayed_and_keeps_the_id(bot: Bot, maria: Phone):
    sent = await bot.send_message(maria.id, "one", reply_markup=taps("Got it", "ack:1"))
    await bot.edit_message_text("two", chat_id=maria.id, message_id=sent.message_id)
    (shown,) = maria.received
    assert (shown.id, shown.text, shown.buttons) == (sent.message_id, "two", ())
    assert shown.edited is not None


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, maria: Phone):
    sent = await bot.send_message(
        maria.id, "<b>one</b>", parse_mode="HTML", reply_markup=taps("a", "b")
    )
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text(
            "<b>one</b> ",
            parse_mode="HTML",
            chat_id=maria.id,
            message_id=sent.message_id,
            reply_markup=taps("a", "b"),
        )
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_reply_markup(
            chat_id=maria.id, message_id=sent.message_id, reply_markup=taps("a", "b")
        )


async def test_only_the_bots_own_messages_can_be_edited(bot: Bot, maria: Phone):
    written = await maria.send("hola")
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=maria.id, message_id=written.id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("x", chat_id=maria.id, message_id=999)


async def test_a_deleted_message_is_gone_and_cannot_be_deleted_twice(bot: Bot, maria: Phone):
    sent = await bot.send_message(maria.id, "one")
    await bot.delete_message(maria.id, sent.message_id)
    assert maria.messages == ()
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(maria.id, sent.message_id)


@pytest.mark.parametrize(
    ("button", "why"),
    [
        (InlineKeyboardButton(text="a", callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (InlineKeyboardButton(text="a", callback_data="ñ" * 33), "BUTTON_DATA_INVALID"),
        (InlineKeyboardButton(text="a", url="tel:+16195550100"), "Unsupported URL protocol"),
        (InlineKeyboardButton(text="a", url="http://localhost/x"), "Wrong HTTP URL"),
        (InlineKeyboardButton(text="a"), "Text buttons are unallowed"),
        (InlineKeyboardButton(text="a", copy_text=CopyTextButton(text="x" * 257)), "COPY_TEXT"),
    ],
)
async def test_buttons_that_telegram_refuses(
    bot: Bot, maria: Phone, button: InlineKeyboardButton, why: str
):
    with pytest.raises(TelegramBadRequest, match=why):
        await bot.send_message(maria.id, "x", reply_markup=keyboard(button))


async def test_buttons_are_numbered_as_they_are_seen(bot: Bot, maria: Phone):
    markup = InlineKeyboardMarkup(
        inline_keyboard=[
            [
                InlineKeyboardButton(text="a", callback_data="1"),
                InlineKeyboardButton(text="b", url="https://a.example"),
            ],
            [InlineKeyboardButton(text="c", copy_text=CopyTextButton(text="+16195550100"))],
        ]
    )
    sent = await bot.send_message(maria.id, "x", reply_markup=markup)
    assert sent.reply_markup
    assert sent.reply_markup.model_dump() == markup.model_dump()
    assert [(b.number, b.text, b.data, b.url, b.copy_text) for b in maria.received[0].buttons] == [
        (1, "a", "1", None, None),
        (2, "b", None, "https://a.example", None),
        (3, "c", None, None, "+16195550100"),
    ]


async def test_a_photo_is_shown_with_its_caption(bot: Bot, maria: Phone):
    picture = BufferedInputFile(b"x" * 1000, "roof.jpg")
    sent = await bot.send_photo(maria.id, picture, caption="<i>roof</i>", parse_mode="HTML")
    assert sent.photo
    assert sent.caption == "roof"
    assert [(m.text, m.photo) for m in maria.received] == [("roof", 1000)]


async def test_a_reply_needs_the_message_that_it_replies_to(bot: Bot, maria: Phone):
    first = await bot.send_message(maria.id, "one")
    second = await bot.send_message(
        maria.id, "two", reply_parameters=ReplyParameters(message_id=first.message_id)
    )
    assert second.reply_to_message
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(maria.id, "x", reply_parameters=ReplyParameters(message_id=999))
    lenient = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    assert (await bot.send_message(maria.id, "x", reply_parameters=lenient)).text == "x"


async def test_somebody_who_never_wrote_cannot_be_written_to(bot: Bot, sandbox: TelegramSandbox):
    chris = sandbox.person(7, "Chris")
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation"):
        await bot.send_message(7, "hello")
    await chris.start()
    assert (await bot.send_message(7, "hello")).text == "hello"


async def test_an_unknown_id_is_no_chat(bot: Bot):
    for chat in (4242, "@nobody"):
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await bot.send_message(chat, "hello")


async def test_who_blocked_the_bot_or_left_telegram_refuses(bot: Bot, maria: Phone):
    await maria.block()
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(maria.id, "x")
    await maria.unblock()
    assert await bot.send_message(maria.id, "x")
    await maria.deactivate()
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await bot.send_message(maria.id, "x")


async def test_a_group_that_moved_says_where(bot: Bot, sandbox: TelegramSandbox, maria: Phone):
    group = sandbox.group(-44, "Crew", (maria.id,))
    assert await bot.send_message(group.id, "x")
    moved = await group.migrate()
    with pytest.raises(TelegramMigrateToChat) as refused:
        await bot.send_message(-44, "x")
    assert refused.value.migrate_to_chat_id == moved
    assert (await bot.send_message(moved, "x")).chat.type == "supergroup"
    await group.kick_bot()
    with pytest.raises(TelegramForbiddenError, match="kicked from the supergroup"):
        await bot.send_message(moved, "x")


async def test_everything_that_a_phone_shows_is_in_the_log(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    await maria.send("hola")
    sent = await bot.send_message(maria.id, "one")
    await bot.edit_message_text("two", chat_id=maria.id, message_id=sent.message_id)
    await bot.delete_message(maria.id, sent.message_id)
    seen = [(e.seq, e.kind, e.message.text) for e in sandbox.world.events if e.message]
    assert seen == [
        (1, EventKind.SENT, "hola"),
        (2, EventKind.MESSAGE, "one"),
        (3, EventKind.EDIT, "two"),
        (4, EventKind.DELETE, "two"),
    ]
