"""An example of everything that somebody can say to the bot or tap on, by command and by button.

What is new gets its examples here, and the matrix tries them as everybody: with his own things,
those of another branch, and those of nobody. `serves` says whose thing it is; whether his role may
use it at all is said in `may.py`. `writes` are the tables in which it may change rows.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from aiogram.filters.callback_data import CallbackData

from bot.access import View
from bot.people.member import Source
from bot.views.buttons import (
    AdmitButton,
    InviteButton,
    InvitesButton,
    JobButton,
    JobsButton,
    LeaderButton,
    LeaveButton,
    MemberButton,
    Menu,
    PhoneButton,
    Show,
    TeamButton,
    UndoButton,
    UnlinkButton,
    WhyButton,
)
from tests.integration.access.world import (
    CALLERS,
    CREW,
    LEADER,
    MANAGER,
    OPERATES,
    SELLER,
    UNKNOWN_LEADER,
    Caller,
    World,
    person_word,
)
from tests.integration.handlers.conftest import Heard, Phones

Serves = Callable[[Caller], bool]
#: Remembering how to speak with somebody, and which menu he has.
CHAT = frozenset({"telegram_chat"})
#: Linking and unlinking.
LINKS = CHAT | {
    *("employee", "crew_member", "sales_person", "user", "attic_tech_person", "person_in_step"),
    *("telegram_link_attempt", "telegram_invite", "alert", "sync_run", "sync_touched"),
}
ATTEMPT = CHAT | {"telegram_link_attempt"}
SOURCES: tuple[Source, ...] = ("employee", "crew_member", "sales_person", "user")
#: Whom nobody joined to an employee.
STRAYS = ("stray", "stray_seller", "far_stray", "far_stray_seller")


@dataclass(frozen=True)
class Example:
    """Something that somebody does: a text, a contact, or a tap on `data`."""

    name: str
    text: str | Callable[[World], str] = ""
    data: Callable[[World], CallbackData] | None = None
    phone: str = ""
    of: int | None = None
    serves: Serves = lambda _: True
    writes: frozenset[str] = CHAT
    #: Words that it tells whomever it serves, whatever else he may know.
    tells: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """It has an effect."""
        return not self.writes <= CHAT

    def done(self, phones: Phones, who: int, world: World, **where: object) -> Awaitable[Heard]:
        """What comes of it."""
        if self.data:
            return phones.taps(who, self.data(world).pack(), **where)  # type: ignore[arg-type]
        if self.phone:
            return phones.shares(who, self.phone, of=self.of, **where)
        text = self.text if isinstance(self.text, str) else self.text(world)
        return phones.says(who, text, **where)  # type: ignore[arg-type]


def job(number: int) -> Serves:
    return lambda caller: number in caller.jobs


def managed(number: int) -> Serves:
    """Not as its leader or one of its crew. Who sold it is kept away by his role."""
    return lambda caller: number in caller.priced


def person(key: str) -> Serves:
    return lambda caller: caller.sees_person(key)


def acts(key: str) -> Serves:
    return lambda caller: caller.acts_on(key)


def nobody(_: Caller) -> bool:
    return False


def says(text: str, serves: Serves = lambda _: True, writes: frozenset[str] = CHAT) -> Example:
    return Example(text, text, serves=serves, writes=writes)


def taps(
    name: str,
    data: Callable[[World], CallbackData],
    serves: Serves = lambda _: True,
    writes: frozenset[str] = CHAT,
) -> Example:
    return Example(name, data=data, serves=serves, writes=writes)


COMMANDS: dict[str, tuple[Example, ...]] = {
    "start": (
        says("/start"),
        says("/start abcdefghijklmnopqrstuvwxyz012345", writes=ATTEMPT),
        # Who holds it learns for whom it is.
        Example(
            "an invite",
            text=lambda w: f"/start {w.invite}",
            writes=LINKS,
            tells=(person_word("new"),),
        ),
    ),
    "help": (says("/help"),),
    "whoami": (says("/whoami"),),
    "link": (
        says("/link"),
        Example("own contact", phone="+16195550000", writes=LINKS),
        Example("foreign contact", phone="+16195550000", of=999, writes=ATTEMPT),
        Example("contact of nobody", phone="+16195550000", of=0, writes=ATTEMPT),
    ),
    "myjobs": (says("/myjobs"),),
    "job": (
        says("/job"),
        *(says(f"/job {number}", job(number)) for number in (17, 18, 19, 20, 21, 90)),
        *(says(f"/job Cliente{number}x", job(number)) for number in (17, 18, 20)),
        says("/job Casa", lambda caller: bool(caller.jobs)),
        says("/job 777", nobody),
        says("/job E17", nobody),
        says("/job %", nobody),
    ),
    "status": (says("/status"),),
    "sync": (
        says("/sync", writes=CHAT | {"sync_run", "telegram_run_message"}),
        says("/sync full", writes=CHAT | {"sync_run", "telegram_run_message"}),
        says("/sync everything", nobody),
    ),
    "team": (
        says("/team"),
        says("/team quillleaderq", person("leader")),
        says("/team quillfarleaderq", person("far_leader")),
        says("/team quilllooseq", person("loose")),
        # Who has left is found as long as he is linked, to be unlinked.
        says("/team quillleaverq", person("leaver")),
        says("/team zzz", nobody),
    ),
    "why": (
        says("/why"),
        *(says(f"/why {number}", managed(number)) for number in (17, 18, 19, 20, 21, 90)),
        says("/why 777", nobody),
    ),
    "invite": (
        says("/invite"),
        says("/invite quillnewq", person("new")),
        says("/invite quillfarnewq", person("far_new")),
        *(says(f"/invite quill{key.replace('_', '')}q", person(key)) for key in STRAYS),
        says("/invite zzz", nobody),
    ),
}


def _who(world: World, key: str) -> str:
    return f"e{world.employees[key]}" if key in world.employees else f"u{world.users[key]}"


def _member(key: str) -> Example:
    return taps(key, lambda w: MemberButton(who=_who(w, key)), person(key))


def _unlink(key: str, *, account: int, writes: frozenset[str] = CHAT) -> Example:
    return taps(
        f"{key} {account}",
        lambda w: UnlinkButton(who=_who(w, key), account=account),
        acts(key),
        writes,
    )


def _row(world: World, key: str) -> dict[str, object]:
    source, id = world.row(key)
    return {"source": source, "id": id}


def _invite(key: str, serves: Serves, writes: frozenset[str] = CHAT) -> Example:
    return taps(key, lambda w: InviteButton(**_row(w, key)), serves, writes)


def _phone(key: str, *, account: int, writes: frozenset[str] = CHAT) -> Example:
    return taps(
        f"{key} {account}",
        lambda w: PhoneButton(who=_who(w, key), account=account),
        acts(key),
        writes,
    )


_VIEWS: dict[View, Serves] = {
    View.BRANCHES: lambda caller: bool(caller.roles & {MANAGER, OPERATES}),
    View.LEADER: lambda caller: LEADER in caller.roles,
    View.SALES: lambda caller: SELLER in caller.roles,
    View.CREW: lambda caller: CREW in caller.roles,
}

BUTTONS: dict[str, tuple[Example, ...]] = {
    "jobs": tuple(
        taps(
            f"{view.name} {menu.name} of {branch or 'all'}",
            lambda w, view=view, menu=menu, branch=branch: JobsButton(
                view=view, menu=menu, branch=w.branches[branch] if branch else 0
            ),
            serves,
        )
        for view, serves in _VIEWS.items()
        for menu, branch in (
            *((Menu.CLOSED, None), (Menu.CLOSED, "Orange"), (Menu.CLOSED, "Irvine")),
            *((Menu.STATES, None), (Menu.BRANCHES, None)),
        )
    ),
    "job": (
        *(
            taps(
                f"{number}",
                lambda _, number=number: JobButton(number=str(number)),
                job(number),
            )
            for number in (17, 18, 19, 20, 21, 90)
        ),
        # The list to which it leads back is none of the job's business.
        taps("17 back", lambda _: JobButton(number="17", view=View.SALES, branch=2), job(17)),
        taps("777", lambda _: JobButton(number="777"), nobody),
        taps("E17", lambda _: JobButton(number="E17"), nobody),
    ),
    "why": (
        *(
            taps(
                str(number),
                lambda _, number=number: WhyButton(number=str(number)),
                managed(number),
            )
            for number in (17, 18, 19, 20, 21, 90)
        ),
        taps("777", lambda _: WhyButton(number="777"), nobody),
    ),
    "invites": (
        taps("first", lambda _: InvitesButton()),
        taps("last", lambda _: InvitesButton(page=9999)),
    ),
    "invite": (
        *(_invite(key, acts(key), LINKS) for key in ("new", "far_new", *STRAYS)),
        *(_invite(key, acts(key)) for key in ("leader", "far_leader")),
        *(_invite(key, person(key)) for key in ("pending", "leaver")),
        *(
            taps(
                f"{source} 777",
                lambda _, source=source: InviteButton(source=source, id=777),
                nobody,
            )
            for source in SOURCES
        ),
    ),
    "mend": (
        taps("leader", lambda _: LeaderButton(job=17, leader=70), person("leader")),
        taps("far_leader", lambda _: LeaderButton(job=18, leader=80), person("far_leader")),
        taps("pending", lambda _: LeaderButton(job=92, leader=92), person("pending")),
        taps("of no such leader", lambda _: LeaderButton(job=17, leader=777), nobody),
        taps("unknown", lambda _: LeaderButton(job=UNKNOWN_LEADER, leader=97), nobody),
    ),
    "phone": (
        *(_phone(key, account=0) for key in ("leader", "far_leader", "loose")),
        *(
            _phone(key, account=CALLERS[key].telegram_id, writes=LINKS)
            for key in ("leader", "far_leader", "loose")
        ),
        taps("nobody", lambda _: PhoneButton(who="e777", account=1), nobody),
    ),
    "undo": (
        *(
            taps(key, lambda w, key=key: UndoButton(change=w.changes[key]), person(key), LINKS)
            for key in ("leader", "far_leader", "loose")
        ),
        taps("nothing", lambda _: UndoButton(change=777), nobody),
    ),
    "team": (
        taps("overview", lambda _: TeamButton()),
        *(
            taps(
                f"{branch} {show.name}",
                lambda w, branch=branch, show=show: TeamButton(
                    branch=w.branches[branch], show=show
                ),
            )
            for branch in ("Orange", "Irvine")
            for show in (Show.EVERYBODY, Show.NOT_LINKED)
        ),
        taps("no branch", lambda _: TeamButton(branch=-1)),
        taps("no such branch", lambda _: TeamButton(branch=777)),
    ),
    "member": (
        *(_member(key) for key in ("leader", "far_leader", "loose", "manager", "far_manager")),
        *(_member(key) for key in ("several", "new", "far_new", "leaver", "pending")),
        taps("nobody", lambda _: MemberButton(who="e777"), nobody),
    ),
    "admit": (
        taps("pending", lambda w: AdmitButton(who=_who(w, "pending")), person("pending"), LINKS),
        *(
            taps(key, lambda w, key=key: AdmitButton(who=_who(w, key)), person(key))
            for key in ("leader", "far_leader", "leaver", "manager")
        ),
        taps("nobody", lambda _: AdmitButton(who="e777"), nobody),
    ),
    "unlink": (
        *(_unlink(key, account=0) for key in ("leader", "far_leader", "loose")),
        *(
            _unlink(key, account=CALLERS[key].telegram_id, writes=LINKS)
            for key in ("leader", "far_leader", "loose")
        ),
        taps("nobody", lambda _: UnlinkButton(who="e777", account=1), nobody),
    ),
    "leave": (
        taps("ask", lambda _: LeaveButton(step="ask")),
        taps("no", lambda _: LeaveButton(step="no")),
        taps("sure", lambda _: LeaveButton(step="sure"), writes=LINKS),
    ),
}


def everything() -> Iterator[tuple[str, Example]]:
    """All examples, with the command or button that they are of."""
    for name, examples in COMMANDS.items():
        yield from ((f"/{name}", example) for example in examples)
    for prefix, examples in BUTTONS.items():
        yield from ((f"{prefix}:", example) for example in examples)
