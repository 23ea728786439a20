"""Who works for the pretend company: names, roles, languages, and their ids in each system."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from bot.views.catalogue import N_

SAN_DIEGO, SAN_BERNARDINO = "San Diego", "San Bernardino"


class Role(Enum):
    """What somebody does: its name is BotZilla's word, its value what is shown."""

    MANAGER = N_("operations manager")
    CREW_LEADER = N_("crew leader")
    SALESPERSON = N_("salesperson")
    CREW_MEMBER = N_("crew member")
    OPERATOR = N_("operator")
    STRANGER = N_("stranger")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone; `key` is what one types to act as them."""

    key: str
    name: str
    role: Role
    language: str
    telegram_id: int
    branch: str | None = None
    attic_id: int | None = None  # None: not in Attic Tech
    linked: bool = True  # whether BotZilla has their Telegram id

    @property
    def first_name(self) -> str:
        """The name before the first space."""
        return self.name.partition(" ")[0]

    @property
    def email(self) -> str:
        """The address by which Attic Tech and BotZilla know the same person."""
        return f"{self.key}@attic.example"


CAST = (
    Person("dana", "Dana Whitfield", Role.MANAGER, "en", 910_000_001, SAN_DIEGO, 11),
    Person("luis", "Luis Ortega", Role.MANAGER, "es", 910_000_002, SAN_DIEGO, 12),
    Person("patricia", "Patricia Gómez", Role.MANAGER, "es", 910_000_003, SAN_BERNARDINO, 13),
    Person("chris", "Chris Jordan", Role.CREW_LEADER, "en", 910_000_004, SAN_DIEGO, 14),
    Person("miguel", "Miguel Ángel Ruiz", Role.CREW_LEADER, "es", 910_000_005, SAN_DIEGO, 15),
    Person("teresa", "Teresa Molina", Role.CREW_LEADER, "es", 910_000_006, SAN_BERNARDINO, 16),
    Person("ben", "Ben Carter", Role.CREW_LEADER, "en", 910_000_007, SAN_BERNARDINO, 17, False),
    Person("amy", "Amy Nguyen", Role.SALESPERSON, "en", 910_000_008, SAN_DIEGO, 18),
    Person("roberto", "Roberto Salas", Role.SALESPERSON, "es", 910_000_009, SAN_BERNARDINO, 19),
    Person("jose", "José Luna", Role.CREW_MEMBER, "es", 910_000_010, SAN_DIEGO, 20),
    Person("kevin", "Kevin Brooks", Role.CREW_MEMBER, "en", 910_000_011, SAN_BERNARDINO, 21),
    Person("olivia", "Olivia Park", Role.OPERATOR, "en", 910_000_012),
    Person("zoe", "Zoe Hart", Role.STRANGER, "en", 910_000_013),
)
BY_KEY = {person.key: person for person in CAST}
BY_TELEGRAM_ID = {person.telegram_id: person for person in CAST}


def speaking(language: str | None) -> Iterator[Person]:
    """Everybody with a phone in `language`; without one, each with their own."""
    return (replace(person, language=language or person.language) for person in CAST)
