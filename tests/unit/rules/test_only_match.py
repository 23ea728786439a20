"""Whatever stands in BotZilla's tables, no alert goes to anybody who is not the only match, and
none that reaches nobody ends with nobody: a property over drawn companies.

What is right is said a second time here, naively and row by row, from the words of the domain
("Finding the crew leader of a job", "Identity"), and the program is held to it in both directions.
"""

import unicodedata
from dataclasses import dataclass, replace
from itertools import permutations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from sync.model.alerts import LEFT, AlertKind, AlertState, Reason, RecipientType
from sync.model.facts import JobNews, LeaderUnreachable
from sync.model.job import Change, Job, Past
from sync.model.outbox import Alert
from sync.model.states import State
from sync.people.directory import Directory, Manager
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, Login, SalesPerson
from sync.rules import what_happened
from sync.rules.recipients import Scene, who_is_told
from tests.companies import directories

# --- The domain, word by word ---------------------------------------------------------------------


def folded(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFC", text or "").split()).casefold()


def number(phone: str | None) -> str:
    """E.164 of the phones that are drawn; empty for what is none, incomplete, or a filler."""
    figures = "".join(c for c in phone or "" if c.isdigit())
    complete = len(figures) in (10, 11) and len(set(figures)) > 1
    return f"+{figures[-11:].rjust(11, '1')}" if complete else ""


def address(text: str | None) -> str:
    """Digits with spaces around are used without them; `@name`, letters or 0 are no address."""
    trimmed = (text or "").strip(" \t\r\n")
    usable = trimmed.isascii() and trimmed.isdigit() and trimmed[0] != "0" and len(trimmed) < 17
    return trimmed if usable else ""


def contradict(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def are_the_same(employee: Employee, crew: CrewMember | SalesPerson) -> bool:
    """An unjoined row with the employee's folded full name and no contradicting phone or
    digit telegram_id is the same person, no second match.
    """
    return (
        crew.employee_id is None
        and folded(crew.name) == folded(employee.name)
        and not contradict(number(crew.phone), number(employee.phone))
        and not contradict(address(crew.telegram_id), address(employee.telegram_id))
    )


Somebody = Employee | CrewMember
Crew = CrewMember | SalesPerson
Stray = Crew | Login


def who(row: Somebody | Stray | AtticUser) -> str | int:
    """What tells people apart: whole names, and logins, which have none, by their ids."""
    return row.id if isinstance(row, Login) else folded(row.name)


@dataclass(frozen=True)
class Match:
    """Somebody, and the row at which the evidence points (an unjoined one may be an employee's)."""

    who: Somebody
    row: Somebody


def points_at(kind: str, user: AtticUser, row: Somebody) -> bool:
    if isinstance(row, CrewMember) and (row.employee_id or kind in ("id", "email")):
        return False
    match kind:
        case "id":
            return row.attic_tech_user_id == user.id
        case "email":
            return bool(folded(user.email)) and folded(row.email) == folded(user.email)
        case "phone":
            return bool(number(user.phone)) and number(row.phone) == number(user.phone)
        case _:
            return bool(folded(user.name)) and folded(row.name) == folded(user.name)


def is_away(user: AtticUser) -> bool:
    return user.blocked or user.gone


class Domain:
    """A company as the words of the domain read it."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.matches = self._matches()

    def behind(self, row: Somebody) -> list[Somebody]:
        """Who the row is: an employee, the employees whose it could be, or somebody by himself."""
        if isinstance(row, Employee):
            return [row]
        return [e for e in self.people.employees if are_the_same(e, row)] or [row]

    def _matches(self) -> dict[int, Match]:
        """Evidence in its order; more than one match is no match. Who is known to be another user
        by earlier evidence is not him, nor is a row that may be that one's; two users to whom the
        same evidence speaks the same, or who would be the same person by it, are nobody.
        """
        found: dict[int, list[Match]] = {}
        matches: dict[int, Match] = {}
        known = [(e, e.attic_tech_user_id) for e in self.people.employees if e.attic_tech_user_id]
        for kind in ("id", "email", "phone", "name"):
            left = [user for user in self.people.users if not found.get(user.id)]
            found |= {user.id: self._pointed_at(kind, user, known) for user in left}
            single = [user for user in left if len(found[user.id]) == 1]
            for user in single:
                if not self._has_rival(kind, user, single, found):
                    matches[user.id] = found[user.id][0]
            known += [(found[user.id][0].who, user.id) for user in single if not is_away(user)]
        return matches

    def _pointed_at(
        self, kind: str, user: AtticUser, known: list[tuple[Somebody, int]]
    ) -> list[Match]:
        people: list[Match] = []
        for row in (*self.people.employees, *self.people.crew_members):
            them = self.behind(row)
            others = [who for who, id in known if id != user.id]
            if points_at(kind, user, row) and not any(who in others for who in (row, *them)):
                named = [match.who for match in people]
                people += [Match(who, row) for who in them if who not in named]
        return people

    def _has_rival(
        self,
        kind: str,
        user: AtticUser,
        single: list[AtticUser],
        found: dict[int, list[Match]],
    ) -> bool:
        (match,) = found[user.id]
        others = [u for u in self.people.users if u.id != user.id and not is_away(u)]
        same = kind != "id" and any(points_at(kind, u, match.row) for u in others)
        claimed = any(u in single and found[u.id][0].who == match.who for u in others)
        return same or (claimed and not is_away(user))

    def rows_of(self, match: Match) -> list[Employee | CrewMember | SalesPerson]:
        """His rows whose telegram_id is believed to be his."""
        somebody = match.who
        if isinstance(somebody, CrewMember):
            return [somebody]
        every = (*self.people.crew_members, *self.people.sales_people)
        joined = [row for row in every if row.employee_id == somebody.id]
        namesakes = [e for e in self.people.employees if folded(e.name) == folded(somebody.name)]
        unjoined = [c for c in self.people.crew_members if are_the_same(somebody, c)]
        certain = len(namesakes) == len(unjoined) == 1
        phone = number(somebody.phone)
        agreeing = [c for c in unjoined if certain and phone and number(c.phone) == phone]
        return [somebody, *joined, *agreeing, match.row]

    def addresses(self, match: Match) -> set[str]:
        """employee.telegram_id wins over the other rows."""
        if own := address(match.who.telegram_id):
            return {own}
        return {a for row in self.rows_of(match) if (a := address(row.telegram_id))}

    def owners(self, telegram_id: str) -> list[Employee]:
        """The employees among the rows with this id, widened over employee_id."""
        every = (*self.people.crew_members, *self.people.sales_people)
        joined = {row.employee_id for row in every if address(row.telegram_id) == telegram_id}
        return [
            e
            for e in self.people.employees
            if address(e.telegram_id) == telegram_id or e.id in joined
        ]

    def is_borne_by_another(self, telegram_id: str, crew: CrewMember) -> bool:
        """Whether a row of somebody else has the id of this unjoined crew member. (An employee's
        own id wins over unjoined rows, so that this is asked of unjoined ones only.)
        """
        every = (*self.people.crew_members, *self.people.sales_people)
        return bool(self.owners(telegram_id)) or any(
            folded(row.name) != folded(crew.name)
            or contradict(number(row.phone), number(crew.phone))
            for row in every
            if address(row.telegram_id) == telegram_id and row.employee_id is None
        )

    def has_left(self, employee: Employee) -> bool:
        """Not active, deleted, or all that he is in Attic Tech is blocked there."""
        his = [
            user.blocked
            for user in self.people.users
            if user.id in self.matches and self.matches[user.id].who is employee
        ]
        return employee.status != "active" or employee.is_deleted or bool(his and all(his))

    def has_left_for_certain(self, employee: Employee) -> bool:
        """As `has_left`, but for who only waits for approval."""
        waits = employee.status == "pending" and not employee.is_deleted
        return self.has_left(employee) and not waits

    def is_a_leavers(self, row: Stray) -> bool:
        """Whether a row that nobody joined is certainly somebody's who left: an employee's of his
        name and phone, where nobody who is still here may be meant; or one of Attic Tech's.
        """
        his = [e for e in self.people.employees if isinstance(row, Crew) and are_the_same(e, row)]
        if not all(map(self.has_left_for_certain, his)):
            return False
        phone = number(row.phone)
        return (bool(phone) and phone in [number(e.phone) for e in his]) or self.is_blocked(row)

    def is_blocked(self, row: Stray) -> bool:
        """The only user with his e-mail, else with his phone, is blocked; it is his own by his
        name, or because nobody else has it; and nobody with his name is still in Attic Tech.
        """

        def of(kind: str, somebody: Somebody | Stray | AtticUser) -> str:
            return number(somebody.phone) if kind == "phone" else folded(somebody.email)

        for kind in ("email", "phone"):
            users = [u for u in self.people.users if of(kind, row) and of(kind, u) == of(kind, row)]
            if len(users) > 1 or (users and not users[0].blocked):
                return False
            if users:
                names = {who(row), who(users[0])} | self.known_names(users[0])
                every = (*self.people.employees, *self.strays(joined=True))
                alone = all(who(r) in names for r in every if of(kind, r) == of(kind, row))
                here = any(who(u) in names for u in self.people.users if not is_away(u))
                return not here and (alone or who(row) == who(users[0]))
        return False

    def known_names(self, user: AtticUser) -> set[str | int]:
        """Of whom he is here by his id or his e-mail."""
        match = self.matches.get(user.id)
        proven = match and any(points_at(kind, user, match.row) for kind in ("id", "email"))
        return {who(match.who)} if match and proven else set()

    def strays(self, *, joined: bool = False) -> list[Stray]:
        """The rows that nobody joined to an employee, or all that somebody may join."""
        people = self.people
        crew = (*people.crew_members, *people.sales_people)
        return [*(row for row in crew if joined or not row.employee_id), *people.logins]

    def own(self, employee: Employee) -> str:
        """The id that wins among his joined rows: the employee's, else that of the crew, leaders
        first, else that of the sales.
        """
        crew = [c for c in self.people.crew_members if c.employee_id == employee.id]
        sales = [s for s in self.people.sales_people if s.employee_id == employee.id]
        rows = (
            employee,
            *(c for c in crew if c.is_leader),
            *(c for c in crew if not c.is_leader),
            *(s for s in sales if s.is_active),
            *sales,
        )
        return next((a for row in rows if (a := address(row.telegram_id))), "")

    def may_hear(self, telegram_id: str) -> bool:
        """A leaver among those who have the id, two employees under it, or an employee whose own id
        is another: nobody is spoken to. Without an employee, a row that is certainly a leaver's.
        """
        his = self.owners(telegram_id)
        sellers = [
            s
            for s in self.people.sales_people
            if address(s.telegram_id) == telegram_id or s.employee_id in {e.id for e in his}
        ]
        strays = [row for row in self.strays() if address(row.telegram_id) == telegram_id]
        return (
            len(his) < 2
            and all(self.own(e) == telegram_id for e in his)
            and not any(self.has_left(e) for e in his)
            and all(s.is_active for s in sellers)
            and (his or not any(map(self.is_a_leavers, strays)))
            and telegram_id not in self.people.refusals
        )

    def may_get(self, user: AtticUser) -> set[str]:
        """The Telegram ids by which this user of Attic Tech may be told something."""
        match = self.matches.get(user.id)
        if match is None or is_away(user):
            return set()
        if isinstance(match.who, Employee) and self.has_left(match.who):
            return set()
        return {
            a
            for a in self.addresses(match)
            if self.may_hear(a)
            and not (isinstance(match.who, CrewMember) and self.is_borne_by_another(a, match.who))
        }

    def listeners(self, directory: Directory, branch: int | None) -> dict[str, str]:
        """Who stands for the managers of the branch, as key -> address: all its managers who can be
        reached, else the operators, else all managers; empty when there is nobody at all.
        """

        def reached(managers: list[Manager]) -> dict[str, str]:
            pairs = {f"user:{m.user_id}": address(m.telegram_id) for m in managers}
            return {key: a for key, a in pairs.items() if a and self.may_hear(a)}

        operators = {f"telegram:{id}": str(id) for id in directory.operators}
        return (
            reached([m for m in directory.managers if branch in m.branches])
            or {key: a for key, a in operators.items() if self.may_hear(a)}
            or reached(list(directory.managers))
        )


# --- The properties -------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(directories())
def test_an_alert_goes_to_the_only_match_and_each_of_them_gets_his(directory: Directory) -> None:
    people, domain = directory.people, Domain(directory.people)
    for user in people.users:
        allowed, person = domain.may_get(user), people.matches[user.id]
        event(f"{person.evidence}: {person.reason or 'told'}")
        if person.reason is None:
            assert person.telegram_id in allowed, user
        elif allowed:
            # His joined rows disagree about his id, and the first is not to be used.
            assert len(domain.addresses(domain.matches[user.id])) > 1, user


def assigned(leader: int, branch: int | None) -> Change:
    before = Job(7, 5, State.REQUIRES_CREW_LEAD, branch_id=branch)
    after = Job(7, 5, State.PLANS_IN_PROGRESS, leader=leader, crew=(leader,), branch_id=branch)
    return Change(Past(1, before, 1), after)


def replaced(former: int, leader: int, branch: int | None) -> Change:
    before = Job(7, 5, State.IN_PRODUCTION, leader=former, crew=(former,), branch_id=branch)
    after = Job(7, 5, State.IN_PRODUCTION, leader=leader, crew=(leader,), branch_id=branch)
    return Change(Past(1, before, 1, told=True), after)


@settings(max_examples=150, deadline=None)
@given(directories(), st.sampled_from([None, 1, 2]))
def test_what_reaches_nobody_ends_at_those_who_manage(
    directory: Directory, branch: int | None
) -> None:
    domain, ids = Domain(directory.people), [user.id for user in directory.people.users]
    changes = [assigned(id, branch) for id in ids]
    changes += [replaced(*two, branch) for two in permutations(ids, 2)]
    for change in changes:
        alerts = who_is_told(what_happened(change), Scene(1, change, {}, directory))
        for alert in alerts:
            if alert.state is AlertState.PENDING:
                assert is_right(alert, directory, branch, domain), alert
        listeners = set(domain.listeners(directory, branch).values()) or {None}
        for leader in {change.after.leader, change.former} - {None}:
            his = [alert for alert in alerts if alert.recipient.key == f"attic:{leader}"]
            hear = who_hears([alert for alert in alerts if is_about(alert, leader)])
            untold = any(a.recipient.reason and not is_a_leavers(a) for a in his)
            assert hear == (listeners if untold else set()), (leader, his)
            # One message per person and change: he reads it as another of his roles.
            assert his or any(is_read_by(alert, leader, domain) for alert in alerts)


def moved_on(leader: int, branch: int | None, *, undelivered: bool) -> Change:
    """He hears nothing of it; an earlier alert may still wait for him to be reachable."""
    before = Job(7, 5, State.PLANS_IN_PROGRESS, leader=leader, crew=(leader,), branch_id=branch)
    past = Past(1, before, 1, told=True, undelivered=undelivered)
    return Change(past, replace(before, status=State.PENDING_REVIEW))


@settings(max_examples=50, deadline=None)
@given(directories(), st.sampled_from([None, 1, 2]), st.booleans())
def test_while_an_alert_waits_for_a_leader_those_who_manage_know_whom_it_waits_for(
    directory: Directory, branch: int | None, waits: bool
) -> None:
    listeners = set(Domain(directory.people).listeners(directory, branch).values()) or {None}
    for leader, person in directory.persons.items():
        change = moved_on(leader, branch, undelivered=waits)
        alerts = who_is_told(what_happened(change), Scene(1, change, {}, directory))
        about = [alert for alert in alerts if is_about(alert, leader)]
        assert who_hears(about) == (listeners if waits and person.reason else set())


def is_right(alert: Alert, directory: Directory, branch: int | None, domain: Domain) -> bool:
    """Its Telegram id is that of the one whom it is for."""
    recipient, users = alert.recipient, directory.people.users
    if recipient.type is RecipientType.CREW_LEADER:
        user = next(user for user in users if user.id == recipient.id)
        return recipient.telegram_id in domain.may_get(user)
    return domain.listeners(directory, branch).get(recipient.key) == recipient.telegram_id


def is_about(alert: Alert, leader: int | None) -> bool:
    """It tells those who manage that this leader does not hear of it."""
    match alert.facts:
        case LeaderUnreachable(leader_id=about) if about == leader:
            return True
        case JobNews(untold=former):
            return former is not None and former.leader_id == leader
        case _:
            return False


def is_a_leavers(alert: Alert) -> bool:
    """A job was taken from somebody who left, which is nobody's business."""
    return alert.kind is AlertKind.JOB_TAKEN_AWAY and alert.recipient.reason in LEFT


def is_read_by(alert: Alert, leader: int | None, domain: Domain) -> bool:
    (user,) = [user for user in domain.people.users if user.id == leader]
    return alert.state is AlertState.PENDING and (
        alert.recipient.telegram_id in domain.may_get(user)
    )


def who_hears(alerts: list[Alert]) -> set[str | None]:
    """The Telegram ids; None for an alert that ends undeliverable, since there is no manager."""
    lost = [alert for alert in alerts if alert.recipient.telegram_id is None]
    assert [alert.recipient.reason for alert in lost] in ([], [Reason.NO_MANAGER])
    return {alert.recipient.telegram_id for alert in alerts}
