"""Who works for the pretend company: names, roles, languages, and their ids in each system."""

from dataclasses import dataclass
from enum import StrEnum

SAN_DIEGO, SAN_BERNARDINO = "San Diego", "San Bernardino"


class Role(StrEnum):
    """What somebody does; the words are shown beside his name."""

    MANAGER = "operation manager"
    LEADER = "crew leader"
    SALES = "salesperson"
    CREW = "crew member"
    OPERATOR = "operator"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone; `key` is what one types to act as him."""

    key: str
    name: str
    role: Role
    language: str
    telegram_id: int
    branch: str | None = None
    attic_id: int | None = None  # None: not in Attic Tech
    linked: bool = True  # whether BotZilla has his Telegram id

    @property
    def first_name(self) -> str:
        """The name before the first space."""
        return self.name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        """The rest of the name."""
        return self.name.partition(" ")[2]

    @property
    def email(self) -> str:
        """The address by which Attic Tech and BotZilla know the same person."""
        return f"{self.key}@attic.example"


CAST = (
    Person("dana", "Dana Whitfield", Role.MANAGER, "en", 910_000_001, SAN_DIEGO, 11),
    Person("luis", "Luis Ortega", Role.MANAGER, "es", 910_000_002, SAN_DIEGO, 12),
    Person("patricia", "Patricia Gómez", Role.MANAGER, "es", 910_000_003, SAN_BERNARDINO, 13),
    Person("chris", "Chris Jordan", Role.LEADER, "en", 910_000_004, SAN_DIEGO, 14),
    Person("miguel", "Miguel Ángel Ruiz", Role.LEADER, "es", 910_000_005, SAN_DIEGO, 15),
    Person("teresa", "Teresa Molina", Role.LEADER, "es", 910_000_006, SAN_BERNARDINO, 16),
    Person("ben", "Ben Carter", Role.LEADER, "en", 910_000_007, SAN_BERNARDINO, 17, linked=False),
    Person("amy", "Amy Nguyen", Role.SALES, "en", 910_000_008, SAN_DIEGO, 18),
    Person("roberto", "Roberto Salas", Role.SALES, "es", 910_000_009, SAN_BERNARDINO, 19),
    Person("jose", "José Luna", Role.CREW, "es", 910_000_010, SAN_DIEGO, 20),
    Person("kevin", "Kevin Brooks", Role.CREW, "en", 910_000_011, SAN_BERNARDINO, 21),
    Person("olivia", "Olivia Park", Role.OPERATOR, "en", 910_000_012),
    Person("zoe", "Zoe Hart", Role.STRANGER, "en", 910_000_013),
)
BY_KEY = {person.key: person for person in CAST}
BY_TELEGRAM_ID = {person.telegram_id: person for person in CAST}
