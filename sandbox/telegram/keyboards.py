"""`reply_markup` as Telegram checks it before a message is taken."""

from collections.abc import Iterator
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.telegram.links import LinkError, check_link

_ACTIONS = ("url", "callback_data", "copy_text", "web_app", "login_url", "switch_inline_query")
_STYLES = (None, "danger", "success", "primary")
_OTHER_KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
_MOST_BUTTONS = 100


def check_markup(markup: Any, *, private: bool = True) -> dict[str, Any] | None:
    """The markup to keep, None also for a keyboard without buttons; raises ApiError 400."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if any(name in markup for name in _OTHER_KEYBOARDS):
        return _check_keyboard(markup, private=private)
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(
            'can\'t parse inline keyboard: Field "inline_keyboard" must be of type Array'
        )
    checked = [[_check_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _check_keyboard(markup: dict[str, Any], *, private: bool) -> dict[str, Any]:
    """A keyboard in place of the phone's own, or its removal; a key may be a mere text."""
    if "keyboard" not in markup:
        return markup
    rows = markup["keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('can\'t parse reply keyboard: Field "keyboard" must be of type Array')
    checked = [[{"text": key} if isinstance(key, str) else key for key in row] for row in rows]
    for key in (key for row in checked for key in row):
        if not isinstance(key, dict) or not str(key.get("text") or "").strip():
            raise bad_request('can\'t parse keyboard button: Field "text" must be of type String')
        if key.get("request_contact") and not private:
            raise bad_request("phone number can be requested in private chats only")
    return {**markup, "keyboard": checked}


def _check_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request(
            'can\'t parse inline keyboard button: Field "text" must be of type String'
        )
    actions = [name for name in _ACTIONS if name in button]
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if button.get("style") not in _STYLES:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    _check_action(actions[0], button[actions[0]])
    return button


def _check_action(action: str, value: Any) -> None:
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "copy_text":
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str) or not 1 <= len(text) <= 256:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if action == "url":
        try:
            check_link(str(value))
        except LinkError as error:
            raise bad_request(
                f"inline keyboard button URL '{value}' is invalid: {error}"
            ) from error


def buttons(markup: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The buttons of an inline keyboard from left to right, top to bottom: how taps count them."""
    for row in (markup or {}).get("inline_keyboard", []):
        yield from row


def keys(markup: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The keys of a keyboard in place of the phone's own, in the same order."""
    for row in (markup or {}).get("keyboard", []):
        yield from row
