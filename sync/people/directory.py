"""Who is told: managers by branch, operators, and the people behind Attic Tech's users, each with
an address or a reason.

A pure view over `People` and the managers' rows; `sync/reconcile/company.py` loads it. It does not
know what happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sync.model.alerts import Reason, Recipient, RecipientType
from sync.people.people import People
from sync.people.problems import Amiss, Problem
from sync.people.rows import Person, digits


@dataclass(frozen=True, slots=True)
class Manager:
    """A `"user"` with the role operation manager, and the BotZilla branches that are his."""

    user_id: int
    telegram_id: str | None = None
    branches: frozenset[int] = frozenset()
    email: str | None = None


@dataclass(frozen=True)
class Directory:
    """All who can be told something. `operators` are Telegram ids, in the order of the setting."""

    people: People = field(default_factory=People)
    managers: tuple[Manager, ...] = ()
    operators: tuple[int, ...] = ()

    def problems(self) -> tuple[Problem, ...]:
        """What somebody should put right among the rows of people and managers."""
        unusable = (
            Problem(Amiss.NO_NUMBER, (("user", manager.user_id),))
            for manager in self.managers
            if (manager.telegram_id or "").strip() and not digits(manager.telegram_id)
        )
        return (*self.people.problems(), *unusable)

    @property
    def persons(self) -> Mapping[int, Person]:
        """The person behind each Attic Tech user."""
        return self.people.matches

    def leader(self, attic_tech_user_id: int) -> Recipient:
        """A crew leader by his Attic Tech id, with his address or the reason why there is none."""
        person = self.persons.get(attic_tech_user_id)
        if person is None:
            return Recipient(
                RecipientType.CREW_LEADER,
                attic_tech_user_id,
                reason=Reason.UNREADABLE_IN_ATTIC_TECH,
            )
        return Recipient(
            RecipientType.CREW_LEADER, attic_tech_user_id, person.telegram_id, person.reason
        )

    def manager(self, manager: Manager) -> Recipient:
        """A manager with his address or the reason why there is none."""
        return self._recipient(
            RecipientType.OPERATION_MANAGER, manager.user_id, digits(manager.telegram_id)
        )

    def salesperson(self, id: int) -> Recipient | None:
        """A salesperson by `sales_person.id`, with their address; None where there is none."""
        return self.salespeople.get(id)

    @cached_property
    def salespeople(self) -> Mapping[int, Recipient]:
        """All by `sales_person.id`; their employee's Telegram id wins over the row's."""
        own = {employee.id: digits(employee.telegram_id) for employee in self.people.employees}
        return {
            row.id: self._recipient(
                RecipientType.SALESPERSON,
                row.id,
                own.get(row.employee_id or 0) or digits(row.telegram_id),
            )
            for row in self.people.sales_people
        }

    def chat(self, telegram_id: int) -> Recipient:
        """Whoever writes from this Telegram id: only Telegram itself keeps us from answering."""
        address = str(telegram_id)
        reason = self.people.refusals.get(address)
        return Recipient(RecipientType.CHAT, telegram_id, address, reason)

    @cached_property
    def everybody(self) -> tuple[Recipient, ...]:
        """Every manager and every operator, reachable or not."""
        return (*map(self.manager, self.managers), *self._operators)

    @property
    def _operators(self) -> tuple[Recipient, ...]:
        return tuple(self._recipient(RecipientType.OPERATOR, id, str(id)) for id in self.operators)

    @cached_property
    def all_managers(self) -> tuple[Recipient, ...]:
        """Every manager who can be reached, by id, one per Telegram id."""
        return _reachable(self.manager(m) for m in self.managers)

    @cached_property
    def all_operators(self) -> tuple[Recipient, ...]:
        """Every operator who can be reached; where none is set (or reachable), all managers."""
        return _reachable(self._operators) or self.all_managers

    def managers_of(
        self, *branch_ids: int | None, without: str | None = None
    ) -> tuple[Recipient, ...]:
        """Who is told what managers of these branches should know: never nobody.

        All their reachable managers; else the operators; else all managers; else one recipient with
        `no_manager`. `without`: a Telegram id that it must not go to.
        """
        ids = frozenset(branch_ids)
        own = _reachable(self.manager(m) for m in self.managers if ids & m.branches)
        for group in (own, self.all_operators, self.all_managers):
            if others := tuple(r for r in group if r.telegram_id != without):
                return others
        return (NOBODY,)

    def unreachable_managers_of(self, branch_id: int | None) -> tuple[Recipient, ...]:
        """The managers of this branch whom no message reaches, each with the reason."""
        own = (self.manager(m) for m in self.managers if branch_id in m.branches)
        return tuple(recipient for recipient in own if recipient.reason is not None)

    def operators_or_nobody(self) -> tuple[Recipient, ...]:
        """The operators as `all_operators`, or the one recipient with `no_manager`."""
        return self.all_operators or (NOBODY,)

    def _recipient(self, type: RecipientType, id: int, telegram_id: str | None) -> Recipient:
        reason = self.people.standing(telegram_id) if telegram_id else Reason.NO_TELEGRAM
        return Recipient(type, id, telegram_id, reason)


#: Stands for the manager whom nobody could find: what is for him ends `undeliverable(no_manager)`
#: and is shown.
NOBODY = Recipient(RecipientType.OPERATION_MANAGER, 0, reason=Reason.NO_MANAGER)


def one_per_address(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """The first recipient for each Telegram id; those whom no message reaches stay, and take the
    message of nobody who can be reached by the same id.
    """
    seen: dict[str, Recipient] = {}
    for recipient in recipients:
        reached = recipient.telegram_id if recipient.reason is None else None
        seen.setdefault(reached or recipient.key, recipient)
    return tuple(seen.values())


def _reachable(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    everyone: Sequence[Recipient] = sorted(recipients, key=lambda r: r.id)
    return one_per_address(r for r in everyone if r.reason is None)
