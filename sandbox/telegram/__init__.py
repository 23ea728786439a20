"""A pretend Telegram: its Bot API on a real socket, people with phones, faults on demand.

What it does not do: webhooks are remembered but nothing is posted to them, only HTML is understood
as markup, and nothing outlives the process.
"""

from sandbox.telegram.faults import Fault, FaultKind, Limits
from sandbox.telegram.groups import Group
from sandbox.telegram.people import Phone, Tap
from sandbox.telegram.server import TelegramSandbox
from sandbox.telegram.world import Button, Event, EventKind, Message

__all__ = [
    "Button",
    "Event",
    "EventKind",
    "Fault",
    "FaultKind",
    "Group",
    "Limits",
    "Message",
    "Phone",
    "Tap",
    "TelegramSandbox",
]
