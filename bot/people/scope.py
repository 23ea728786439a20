"""Which jobs somebody may see, as the values that every query on jobs is narrowed by.

Own jobs by what one is to them, a manager's by his branches, an operator's where no manager can be
reached or the branch is unknown. Which roles look at jobs in which way, and what of them is shown
to whom, is said in `bot/access.py`.
"""

from dataclasses import dataclass

from bot.access import View as View
from bot.access import roles_in, views_of
from bot.people.identity import Identity, Role


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose jobs: led by one of `leaders` (Attic Tech ids), sold by one of `sellers`, of one of
    `branches`, of no branch that we know, or with one of `crew` (`users:7`) in their crew.

    `roles`: those of his roles by which he sees them.
    """

    leaders: tuple[int, ...] = ()
    sellers: tuple[int, ...] = ()
    branches: tuple[int, ...] = ()
    unmatched: bool = False
    crew: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()

    @property
    def arguments(self) -> tuple[list[int], list[int], list[int], bool, list[str]]:
        """The first five parameters of every statement in `visible.sql`."""
        return (
            list(self.leaders),
            list(self.sellers),
            list(self.branches),
            self.unmatched,
            list(self.crew),
        )


def views(person: Identity) -> tuple[View, ...]:
    """As what he may look at jobs, the widest first."""
    return views_of(person)


def scope_as(person: Identity, view: View) -> Scope:
    """What he sees in this view; nothing where it is not his."""
    return _scope(person, frozenset({view}).intersection(views(person)))


def scope(person: Identity) -> Scope:
    """All that he may see."""
    return _scope(person, frozenset(views(person)))


def _scope(person: Identity, seen: frozenset[View]) -> Scope:
    operates = Role.OPERATOR in person.roles and View.BRANCHES in seen
    branches = (*person.branch_ids, *person.orphan_branch_ids) if View.BRANCHES in seen else ()
    return Scope(
        leaders=person.attic_user_ids if View.LEADER in seen else (),
        sellers=person.sales_person_ids if View.SALES in seen else (),
        branches=tuple(sorted(set(branches))),
        unmatched=operates,
        crew=tuple(f"users:{id}" for id in person.attic_user_ids) if View.CREW in seen else (),
        roles=roles_in(person.roles, seen),
    )
