"""An example of everything that somebody can say to the bot or tap on, by command and by button.

What is new gets its examples here, and the matrix tries them as everybody: with his own things,
those of another branch, and those of nobody. `serves` says whose thing it is; whether his role may
use it at all is said in `may.py`. `writes` are the tables in which it may change rows.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from aiogram.filters.callback_data import CallbackData

from bot.access import View
from bot.people.member import Source
from bot.views.buttons import (
    AdmitButton,
    AsButton,
    BranchButton,
    Deed,
    InviteButton,
    InvitesButton,
    JobButton,
    JobsButton,
    LeaveButton,
    MemberButton,
    Mend,
    MendButton,
    Menu,
    RequestButton,
    Show,
    TeamButton,
    UnlinkButton,
    WhoButton,
    WhyButton,
)
from tests.integration.access.world import (
    APPLICANTS,
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
from tests.integration.commands.conftest import Heard, Phones

Serves = Callable[[Caller], bool]
#: Remembering how to speak with somebody, and which menu he has.
CHAT = frozenset({"telegram_chat"})
#: Linking and unlinking.
LINKS = CHAT | {
    *("employee", "crew_member", "sales_person", "user", "attic_tech_person", "person_in_step"),
    *("telegram_link_attempt", "telegram_link_request", "telegram_invite", "alert"),
    *("sync_run", "sync_touched", "crew_member_branch"),
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


def place(name: str) -> Serves:
    return lambda caller: caller.manages(name)


def both(*serves: Serves) -> Serves:
    return lambda caller: all(one(caller) for one in serves)


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
        person(key),
        writes,
    )


def _row(world: World, key: str) -> dict[str, object]:
    source, id = world.row(key)
    return {"source": source, "id": id}


def _as(request: str, key: str, *who: Serves) -> Example:
    return taps(
        f"{request} as {key}",
        lambda w: AsButton(request=w.requests[request], **_row(w, key)),
        both(person(request), person(key), *who),
        LINKS,
    )


def _invite(key: str, serves: Serves, writes: frozenset[str] = CHAT) -> Example:
    return taps(key, lambda w: InviteButton(**_row(w, key)), serves, writes)


def _mend(
    deed: Mend, number: int, leader: int, serves: Serves, writes: frozenset[str] = CHAT
) -> Example:
    made = taps(
        f"{deed.name} {leader} of {number}",
        lambda _: MendButton(job=number, leader=leader, deed=deed),
        serves,
        writes,
    )
    return replace(made, tells=(f"Casa{number}x",))


def _is(
    key: str, number: int, leader: int, serves: Serves, writes: frozenset[str] = CHAT
) -> Example:
    made = taps(
        f"{leader} of {number} is {key}",
        lambda w: WhoButton(job=number, leader=leader, **_row(w, key)),
        serves,
        writes,
    )
    return replace(made, tells=(f"Casa{number}x",))


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
    "branch": (
        # Nobody of them has shared his contact: there is no request to which a branch belongs.
        taps("Orange", lambda w: BranchButton(branch=w.branches["Orange"]), nobody),
        taps("no such branch", lambda _: BranchButton(branch=777), nobody),
    ),
    "ask": (
        *(
            taps(
                f"{deed.name} {key}",
                lambda w, key=key, deed=deed: RequestButton(request=w.requests[key], deed=deed),
                person(key),
            )
            for key in APPLICANTS
            for deed in (Deed.SHOW, Deed.CHOOSE)
        ),
        *(
            taps(
                f"REFUSE {key}",
                lambda w, key=key: RequestButton(request=w.requests[key], deed=Deed.REFUSE),
                person(key),
                LINKS,
            )
            for key in APPLICANTS
        ),
        *(
            taps(f"{d.name} nobody", lambda _, d=d: RequestButton(request=777, deed=d), nobody)
            for d in Deed
        ),
    ),
    "as": (
        *(_as("asker", key) for key in ("new", "far_new", *STRAYS)),
        _as("asker", "leaver", nobody),
        *(_as("far_asker", key) for key in ("new", "far_new", *STRAYS)),
        taps("777 as new", lambda w: AsButton(request=777, source="employee", id=1), nobody),
        *(
            taps(
                f"asker as {source} 777",
                lambda w, source=source: AsButton(
                    request=w.requests["asker"], source=source, id=777
                ),
                nobody,
            )
            for source in SOURCES
        ),
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
        *(_invite(key, person(key), LINKS) for key in ("new", "far_new", *STRAYS)),
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
        *(
            _mend(deed, number, leader, place(where), writes)
            for deed, number, leader, where, writes in (
                (Mend.SHOW, 17, 70, "Orange", CHAT),
                (Mend.SHOW, 18, 80, "Irvine", CHAT),
                (Mend.CHOOSE, UNKNOWN_LEADER, 97, "Orange", CHAT),
                (Mend.ADD, UNKNOWN_LEADER, 97, "Orange", LINKS),
                (Mend.APPROVE, 92, 92, "Orange", LINKS),
            )
        ),
        *(_mend(deed, 17, 80, nobody) for deed in Mend),
        *(_mend(deed, 777, 80, nobody) for deed in Mend),
    ),
    "who": (
        _is("new", UNKNOWN_LEADER, 97, place("Orange"), LINKS),
        _is("far_new", UNKNOWN_LEADER, 97, both(place("Orange"), place("Irvine")), LINKS),
        *(
            _is(key, UNKNOWN_LEADER, 97, both(place("Orange"), person(key)), LINKS)
            for key in STRAYS
        ),
        # He can be told already.
        _is("new", 17, 70, place("Orange")),
        _is("new", 18, 80, place("Irvine")),
        _is("new", 777, 97, nobody),
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
