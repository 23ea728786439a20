"""What points at a row of people, and at somebody in one role. Plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, Self


class Table(StrEnum):
    """Where people stand; the values are the tables' names, but for Attic Tech's users."""

    EMPLOYEE = "employee"
    CREW_MEMBER = "crew_member"
    SALES_PERSON = "sales_person"
    USER = "user"
    ATTIC_USER = "attic_user"  # in the mirror


#: The tables of BotZilla's people, as buttons name them.
Source = Literal["employee", "crew_member", "sales_person", "user"]


class RowRef(NamedTuple):
    """One row of a person; written `crew_member 4`."""

    table: Table
    id: int

    def __str__(self) -> str:
        return f"{self.table} {self.id}"


class RecipientType(StrEnum):
    """Which role somebody is told in; `recipient_id` is an AT user id, a "user".id, a
    sales_person.id, a Telegram id.

    `chat` is whoever writes from that Telegram id, known or not: they are told what became of their
    own link there, and nothing else.
    """

    CREW_LEADER = "crew_leader"
    OPERATION_MANAGER = "operation_manager"
    SALESPERSON = "salesperson"
    OPERATOR = "operator"
    CHAT = "chat"


_PREFIX = {
    RecipientType.CREW_LEADER: "attic",
    RecipientType.OPERATION_MANAGER: "user",
    RecipientType.SALESPERSON: "sales",
    RecipientType.OPERATOR: "telegram",
    RecipientType.CHAT: "chat",
}
_TYPES = {prefix: type for type, prefix in _PREFIX.items()}


@dataclass(frozen=True, slots=True, order=True)
class PersonKey:
    """Somebody in one role, as event keys, actors and buttons name them: `attic:7`, `user:3`."""

    type: RecipientType
    id: int

    def __str__(self) -> str:
        return f"{_PREFIX[self.type]}:{self.id}"

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """The key that stands in `text`; None for anything else."""
        prefix, _, id = (text or "").partition(":")
        if prefix not in _TYPES or not (id.isascii() and id.isdigit()):
            return None
        return cls(_TYPES[prefix], int(id))

    @classmethod
    def of_event(cls, event_key: str) -> Self | None:
        """Whom an event key names at its end."""
        return cls.parse(":".join(event_key.split(":")[-2:]))
