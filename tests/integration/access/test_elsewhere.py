"""The same from anywhere but the private chat of who acts: groups, channels, edits, inline queries,
buttons that were forwarded. Nothing is told, nothing is done, and a tap is answered.
"""

import pytest

from tests.integration.access import examples
from tests.integration.access.examples import Example
from tests.integration.access.test_matrix import NAMES, NOT_YOURS, leaks, rows, said
from tests.integration.access.world import CALLERS, Caller, World, build
from tests.integration.handlers.conftest import GROUP, NOW, Heard, private, user

CHANNEL = {"id": -1002, "type": "channel", "title": "News"}
WAY = "I answer only in a private chat: @jobs_bot"
WHO = [CALLERS[key] for key in ("manager", "operator", "leader", "stranger")]


@pytest.fixture
async def world(connection) -> World:
    return await build(connection)


def of(what: str) -> list[Example]:
    return [example for name, example in examples.everything() if name == what]


async def untouched(connection, before: dict[str, str], about: object) -> None:
    after = await rows(connection)
    changed = {table for table in after if after[table] != before[table]}
    # A code that a group has seen is good for nothing any more.
    assert changed <= {"telegram_invite", "telegram_link_attempt"}, (about, changed)


async def unheard(connection, before: dict[str, str]) -> None:
    """Nothing has changed but what is known of chats."""
    after = await rows(connection)
    assert {table for table in after if after[table] != before[table]} <= examples.CHAT


@pytest.mark.parametrize("what", NAMES)
async def test_in_a_group_it_is_the_way_to_the_private_chat_at_most(
    phones, world, connection, what
):
    before = await rows(connection)
    for caller in WHO:
        for example in of(what):
            heard = await example.done(phones, caller.telegram_id, world, chat=GROUP)
            about = (caller.key, example.name)
            assert not leaks(heard, world, None), about
            assert len(heard.calls) <= 1, about
            if example.data:
                assert heard.answers == [NOT_YOURS], about
            elif example.phone:
                assert heard.calls == [], about
            else:
                assert heard.text.startswith(WAY) or "invit" in heard.text, (about, heard.text)
    await untouched(connection, before, what)


def message(caller: Caller, text: str, chat: dict) -> dict:
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
    return {
        "message_id": 5,
        "date": int(NOW.timestamp()),
        "chat": chat,
        "from": user(caller.telegram_id),
        "text": text,
        "entities": [entity],
    }


@pytest.mark.parametrize("what", [name for name in NAMES if name.startswith("/")])
async def test_channels_edits_and_inline_queries_are_not_heard(phones, world, connection, what):
    before = await rows(connection)
    for caller in WHO:
        for example in of(what):
            if example.phone:
                continue
            text = example.text if isinstance(example.text, str) else example.text(world)
            own, edited = private(caller.telegram_id), {"edit_date": int(NOW.timestamp())}
            for event in (
                {"channel_post": message(caller, text, CHANNEL)},
                {"edited_channel_post": message(caller, text, CHANNEL) | edited},
                {"edited_message": message(caller, text, own) | edited},
                {"edited_message": message(caller, text, GROUP) | edited},
                {"business_message": message(caller, text, own)},
                {
                    "inline_query": {
                        "id": "1",
                        "from": user(caller.telegram_id),
                        "query": text,
                        "offset": "",
                    }
                },
            ):
                assert (await phones.feed(**event)).calls == [], (caller.key, event)
    assert await rows(connection) == before


@pytest.mark.parametrize("what", [name for name in NAMES if name.endswith(":")])
async def test_a_button_elsewhere_is_nobodys(phones, world, connection, what):
    """In somebody else's chat, in a channel, or under a message that Telegram does not name."""
    before = await rows(connection)
    for caller in WHO:
        for data in (example.data(world).pack() for example in of(what) if example.data):
            tap = {"id": "1", "from": user(caller.telegram_id), "chat_instance": "1", "data": data}
            for chat in (private(102 if caller.telegram_id != 102 else 101), CHANNEL):
                heard = await phones.taps(caller.telegram_id, data, chat=chat)
                assert_refused(heard, (caller.key, data, chat))
            heard = await phones.feed(callback_query=tap | {"inline_message_id": "7"})
            assert_refused(heard, (caller.key, data))
    await unheard(connection, before)


def assert_refused(heard: Heard, about: object) -> None:
    assert heard.answers == [NOT_YOURS], about
    assert len(said(heard)) == 1, about
