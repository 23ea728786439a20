"""What somebody should put right among the rows of people, in words with what to do."""

from collections.abc import Iterator, Sequence

from bot.people.member import Member
from bot.people.roster import Flaw
from bot.views.language import N_, Words
from bot.views.message import Html, clip
from sync.people.problems import Amiss, Problem

#: Flaws that are named; the rest is a number.
NAMED = 5
_SENTENCES = {
    Amiss.NO_NUMBER: N_("{who}: the Telegram id is no number. Empty it, then /invite."),
    Amiss.SHARED: N_("{who}: the same Telegram id. Leave it at the right one."),
}
#: Of who signs in to BotZilla, whom nobody can invite.
_USERS = {
    Amiss.NO_NUMBER: N_("{who}: the Telegram id is no number. Enter the one the bot tells him.")
}
_DIFFERENT = {
    "telegram_id": N_("{who}: different Telegram ids. Enter the right one in all of them."),
    "phone": N_("{who}: different phone numbers. Enter the right one in all of them."),
    "email": N_("{who}: different e-mails. Enter the right one in all of them."),
}


def flaw_lines(flaws: Sequence[Flaw], words: Words) -> Iterator[Html]:
    """One line each: whose rows, what is wrong, what to do."""
    for flaw in flaws[:NAMED]:
        yield words.say(_sentence(flaw.problem), who=_who(flaw))
    if len(flaws) > NAMED:
        yield words.plural("… and {n} more", "… and {n} more", len(flaws) - NAMED)


def _sentence(problem: Problem) -> str:
    if problem.amiss is Amiss.DIFFERENT:
        return _DIFFERENT[problem.column]
    users = all(table == "user" for table, _ in problem.rows)
    return (_USERS if users else _SENTENCES)[problem.amiss]


def _who(flaw: Flaw) -> str:
    """`Chris Jordan (employee 1, crew_member 2), crew_member 7`: people with their rows; a row of
    somebody whom the reader does not look after goes without a name.
    """
    named = {row for member in flaw.members for row in _rows(member, flaw.problem)}
    people = [
        f"{clip(member.name, 60)} ({_listed(_rows(member, flaw.problem))})"
        for member in flaw.members
    ]
    return ", ".join(
        [*people, *(f"{t} {id}" for t, id in flaw.problem.rows if (t, id) not in named)]
    )


def _rows(member: Member, problem: Problem) -> list[tuple[str, int]]:
    return [row for row in problem.rows if row in member.rows]


def _listed(rows: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{table} {id}" for table, id in rows)
