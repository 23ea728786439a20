"""Calls that write: messages, photos, edits, deletions, the answers to taps."""

from datetime import UTC, datetime
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.telegram.html import Entity, Formatted, MarkupError, parse_html, trim
from sandbox.telegram.keyboards import check_markup
from sandbox.telegram.params import Params
from sandbox.telegram.wire import message_to_api
from sandbox.telegram.world import Chat, EventKind, Message, World

MOST_TEXT = 4096
MOST_CAPTION = 1024
_MOST_TOAST = 200
_MOST_PHOTO = 10 * 1024 * 1024


def _formatted(params: Params, name: str) -> Formatted:
    source, mode = params.text(name), params.text("parse_mode").lower()
    if mode == "html":
        try:
            return parse_html(source)
        except MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from error
    if mode:
        raise bad_request("unsupported parse_mode")
    given = params.json("entities" if name == "text" else "caption_entities") or []
    entities = (
        Entity(
            entity["type"],
            entity["offset"],
            entity["length"],
            entity.get("url"),
            entity.get("language"),
        )
        for entity in given
    )
    return trim(Formatted(source, tuple(entities)))


def _text(params: Params) -> Formatted:
    formatted = _formatted(params, "text")
    if not formatted.text:
        raise bad_request("message text is empty")
    if len(formatted.text) > MOST_TEXT:
        raise bad_request("message is too long")
    return formatted


def _reply_to(params: Params, chat: Chat) -> int | None:
    reply = params.json("reply_parameters") or {}
    wanted = reply.get("message_id") or params.number("reply_to_message_id")
    if wanted is None or int(wanted) in chat.messages:
        return int(wanted) if wanted else None
    if reply.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _write(
    world: World, params: Params, chat: Chat, formatted: Formatted, **more: Any
) -> dict[str, Any]:
    message = Message(
        id=world.next_message_id(),
        chat_id=chat.id,
        sender=world.bot_id,
        text=formatted.text,
        date=datetime.now(UTC),
        entities=formatted.entities,
        markup=check_markup(params.json("reply_markup"), private=chat.private),
        reply_to=_reply_to(params, chat),
        silent=params.flag("disable_notification"),
        **more,
    )
    return message_to_api(world, world.put(EventKind.MESSAGE, message))


def send_message(world: World, params: Params) -> dict[str, Any]:
    """sendMessage: the message."""
    chat = world.writable_chat(params.chat_id())
    return _write(world, params, chat, _text(params), html=params.text("text"))


def send_photo(world: World, params: Params) -> dict[str, Any]:
    """sendPhoto: the message; a photo is a file in the body, or a name that is taken on trust."""
    chat = world.writable_chat(params.chat_id())
    name = params.text("photo").removeprefix("attach://")
    size = params.files.get(name, params.files.get("photo"))
    if size is None and not params.text("photo"):
        raise bad_request("there is no photo in the request")
    if size == 0:
        raise bad_request("file must be non-empty")
    if size is not None and size > _MOST_PHOTO:
        raise bad_request("photo is too big")
    caption = _formatted(params, "caption")
    if len(caption.text) > MOST_CAPTION:
        raise bad_request("message caption is too long")
    return _write(world, params, chat, caption, html=params.text("caption"), photo=size or 0)


def send_chat_action(world: World, params: Params) -> bool:
    """sendChatAction: nothing is shown for it."""
    world.writable_chat(params.chat_id())
    if not params.text("action"):
        raise bad_request("wrong parameter action in request")
    return True


def _own_message(world: World, params: Params, chat: Chat) -> Message:
    message = chat.messages.get(params.number("message_id") or 0)
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender != world.bot_id:
        raise bad_request("message can't be edited")
    return message


def _edit(world: World, message: Message, **changes: Any) -> dict[str, Any]:
    if all(getattr(message, name) == value for name, value in changes.items() if name != "html"):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )
    return message_to_api(world, world.edit(message, **changes))


def edit_message_text(world: World, params: Params) -> dict[str, Any]:
    """editMessageText: the message after it; a missing reply_markup takes the keyboard away."""
    message = _own_message(world, params, world.writable_chat(params.chat_id()))
    if message.photo is not None:
        raise bad_request("there is no text in the message to edit")
    new = _text(params)
    markup = check_markup(params.json("reply_markup"))
    return _edit(
        world,
        message,
        text=new.text,
        entities=new.entities,
        markup=markup,
        html=params.text("text"),
    )


def edit_message_reply_markup(world: World, params: Params) -> dict[str, Any]:
    """editMessageReplyMarkup: the message after it."""
    message = _own_message(world, params, world.writable_chat(params.chat_id()))
    return _edit(world, message, markup=check_markup(params.json("reply_markup")))


def delete_message(world: World, params: Params) -> bool:
    """deleteMessage: true."""
    chat = world.writable_chat(params.chat_id())
    message = chat.messages.pop(params.number("message_id") or 0, None)
    if message is None:
        raise bad_request("message to delete not found")
    world.log(EventKind.DELETE, chat.id, message=message)
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    """answerCallbackQuery: true; the person who tapped sees the words, once."""
    query = params.text("callback_query_id")
    if query not in world.open_taps:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if len(text) > _MOST_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    person = world.open_taps[query]
    world.answers.setdefault(query, (text, params.flag("show_alert")))
    world.log(
        EventKind.TOAST,
        person,
        person_id=person,
        text=text or None,
        alert=params.flag("show_alert"),
    )
    return True
