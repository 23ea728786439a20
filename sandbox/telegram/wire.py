"""Messages, chats and events as JSON: the Bot API's shapes, plainer ones for the control routes."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sandbox.telegram.html import Entity
from sandbox.telegram.world import Account, Chat, Event, Message, World


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def chat_to_api(chat: Chat, account: Account | None) -> dict[str, Any]:
    """A Chat."""
    if account is None:
        return {"id": chat.id, "type": chat.type, "title": chat.title}
    person = {name: value for name, value in account.to_api().items() if name.endswith("name")}
    return {"id": chat.id, "type": chat.type} | person


def message_to_api(world: World, message: Message, *, depth: int = 1) -> dict[str, Any]:
    """A Message; the one that it replies to goes with it."""
    chat = world.chats[message.chat_id]
    author = world.accounts.get(message.sender)
    body: dict[str, Any] = {
        "message_id": message.id,
        "date": _seconds(message.date),
        "chat": chat_to_api(chat, world.account_of(chat)),
        "from": author.to_api() if author else world.bot,
    }
    words, entities = (
        ("text", "entities") if message.photo is None else ("caption", "caption_entities")
    )
    if message.text:
        body[words] = message.text
    if message.entities:
        body[entities] = [entity.to_api() for entity in message.entities]
    if message.photo is not None:
        body["photo"] = [_photo(message)]
    if message.contact:
        body["contact"] = message.contact
    if message.markup and "inline_keyboard" in message.markup:
        body["reply_markup"] = message.markup
    if message.edited:
        body["edit_date"] = _seconds(message.edited)
    replied = chat.messages.get(message.reply_to or 0)
    if replied is not None and depth:
        body["reply_to_message"] = message_to_api(world, replied, depth=0)
    return body


def _photo(message: Message) -> dict[str, Any]:
    name = f"photo{message.id}"
    return {
        "file_id": name,
        "file_unique_id": name,
        "width": 1280,
        "height": 720,
        "file_size": message.photo,
    }


def message_to_json(message: Message) -> dict[str, Any]:
    """A message as the control routes give it: what is displayed, and its buttons numbered."""
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "sender": message.sender,
        "text": message.text,
        "html": message.html,
        "entities": [entity.to_api() for entity in message.entities],
        "buttons": [asdict(button) for button in message.buttons],
        "rows": [len(row) for row in _rows(message)],
        "photo": message.photo,
        "contact": message.contact,
        "reply_to": message.reply_to,
        "date": message.date.isoformat(),
        "edited": message.edited.isoformat() if message.edited else None,
    }


def _rows(message: Message) -> list[list[Any]]:
    markup = message.markup or {}
    rows: list[list[Any]] = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return rows


def event_to_json(event: Event) -> dict[str, Any]:
    """One line of the event stream."""
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "chat_id": event.chat_id,
        "person_id": event.person_id,
        "message": message_to_json(event.message) if event.message else None,
        "text": event.text,
        "alert": event.alert,
    }


def command_entity(text: str) -> tuple[Entity, ...]:
    """The entity of a command at the beginning of `text`, as Telegram marks it for bots."""
    if not text.startswith("/") or len(text) < 2 or text[1].isspace():
        return ()
    return (Entity("bot_command", 0, len(text.split(maxsplit=1)[0])),)
