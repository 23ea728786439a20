"""Keys in place of the phone's keyboard, and the contacts that people share by them."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import KeyboardButton, ReplyKeyboardMarkup

from sandbox.telegram import Phone, TelegramSandbox

KEYS = ReplyKeyboardMarkup(
    keyboard=[
        [KeyboardButton(text="Share", request_contact=True)],
        [KeyboardButton(text="Later")],
    ]
)


@pytest.fixture
def hugo(sandbox: TelegramSandbox) -> Phone:
    return sandbox.person(502, "Hugo", phone_number="+16195550142", started=True)


async def test_a_key_that_asks_for_the_contact_shares_ones_own(bot: Bot, hugo: Phone):
    await bot.send_message(hugo.id, "Who are you?", reply_markup=KEYS)
    await hugo.press_key("Share")
    (update,) = await bot.get_updates()
    contact = update.message.contact
    assert (contact.user_id, contact.phone_number) == (502, "+16195550142")
    assert update.message.text is None


async def test_a_plain_key_sends_its_words(bot: Bot, hugo: Phone):
    await bot.send_message(hugo.id, "Who are you?", reply_markup=KEYS)
    await hugo.press_key(2)
    (update,) = await bot.get_updates()
    assert update.message.text == "Later"


async def test_the_contact_of_somebody_else_carries_his_id(bot: Bot, hugo: Phone, maria: Phone):
    await maria.share_contact(of=hugo.account)
    (update,) = await bot.get_updates()
    assert (update.message.from_user.id, update.message.contact.user_id) == (501, 502)


async def test_no_contact_is_asked_for_in_a_group(bot: Bot, sandbox: TelegramSandbox):
    sandbox.group(-7, "Crew")
    with pytest.raises(TelegramBadRequest, match="in private chats only"):
        await bot.send_message(-7, "Who are you?", reply_markup=KEYS)
