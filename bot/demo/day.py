"""A day of the company, scene by scene: what happens, and whose phone must show something of it.

The scenes go through rows 1 to 11 of the table "what must be told to whom", then through what
people ask. A scene is plain data; `bot/demo/play.py` plays it.
"""

from dataclasses import dataclass
from typing import Literal

from bot.demo.company import JOBS, OPEN_ESTIMATE, Write, change_job, job

_NEW_JOB = 101 + JOBS  # made of the estimate that is sold in the first scene
_UNREACHABLE = 103  # in San Bernardino, waiting for a crew leader
_ON_HOLD = 106  # Teresa makes its plan
_BUILDING = 127  # Teresa is at work there
_LADDER = 124  # and there
_MEANWHILE = 109  # Teresa makes its plan, too


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens: in Attic Tech, or on somebody's phone."""

    title: str
    writes: tuple[Write, ...] = ()
    line: str | None = None  # as it would be typed at the prompt: "chris /myjobs"
    mirrors: int | None = None  # the job that the program must have read before the day goes on
    attic_tech: Literal["breaks down", "is mended"] | None = None
    hear: tuple[str, ...] = ()  # whose phones must show something; twice: two things


def _moves(
    title: str, id_: int, status: str, *hear: str, crew: tuple[str, ...] | None = None
) -> Scene:
    return Scene(title, writes=(change_job(id_, status, crew),), hear=hear)


def _crews(title: str, id_: int, crew: tuple[str, ...], *hear: str) -> Scene:
    return Scene(title, writes=(change_job(id_, crew=crew),), hear=hear)


def _types(title: str, line: str) -> Scene:
    return Scene(title, line=line, hear=(line.partition(" ")[0],))


DAY = (
    Scene(
        "Amy sells the Henderson house: the estimate becomes Sold.",
        writes=(("patch", "estimates", OPEN_ESTIMATE, {"status": "Sold"}),),
        hear=("dana", "luis"),
    ),
    Scene(
        f"Attic Tech makes job {_NEW_JOB} of it. Nobody is told a second time.",
        writes=(job(JOBS, "Requires Crew Lead", []),),
        mirrors=_NEW_JOB,
    ),
    _moves(
        "Dana assigns Chris; he is to make the plan.",
        *(_NEW_JOB, "Plans In Progress", "chris"),
        crew=("chris", "jose"),
    ),
    _types("Chris looks at what he has to do.", "chris /myjobs"),
    _moves("Chris's plan is ready.", _NEW_JOB, "Pending Review", "dana", "luis"),
    _moves(
        "The estimate changed: the plan has to change too.", _NEW_JOB, "Plans In Progress", "chris"
    ),
    _crews("Miguel takes the job over.", _NEW_JOB, ("miguel", "jose"), "chris", "miguel"),
    _crews(
        "Miguel falls ill and is taken off; nobody leads the job.",
        *(_NEW_JOB, ("jose",), "dana", "luis", "miguel"),
    ),
    _crews("Miguel is back.", _NEW_JOB, ("miguel", "jose"), "miguel"),
    _moves("The plan is approved; a date is needed.", _NEW_JOB, "Requires Scheduling", "miguel"),
    _moves(
        "Everything begins anew: the job needs a crew leader again.",
        *(_NEW_JOB, "Requires Crew Lead", "dana", "luis", "miguel"),
    ),
    _moves(
        "In San Bernardino, Ben gets a job. Nobody ever linked his Telegram.",
        *(_UNREACHABLE, "Plans In Progress", "patricia"),
        crew=("ben", "kevin"),
    ),
    Scene(
        "Patricia taps the button below it, and forwards what she gets to Ben.",
        line="patricia tap 📩 Invitar a Ben Carter",
        hear=("patricia", "patricia", "patricia"),
    ),
    Scene(
        "Ben opens the link in it: what he missed comes by itself.",
        line="ben open",
        hear=("ben", "ben", "patricia"),
    ),
    _moves(
        "A job that was being built goes back to planning.",
        _BUILDING,
        "Plans In Progress",
        "teresa",
    ),
    _moves("Teresa's crew has finished another one.", _LADDER, "Production Complete", "teresa"),
    _moves("A state that nobody has ever seen appears.", _ON_HOLD, "On Hold", "olivia"),
    Scene(
        "Attic Tech breaks down and does not come back: it is told once.",
        attic_tech="breaks down",
        hear=("dana", "luis", "patricia", "olivia"),
    ),
    Scene(
        "It is mended, and what Teresa did there meanwhile is found.",
        writes=(change_job(_MEANWHILE, "Pending Review"),),
        attic_tech="is mended",
        hear=("dana", "luis", "patricia", "patricia", "olivia"),
    ),
    _types("Luis asks how things stand.", "luis /status"),
    _types("Patricia goes through her jobs ...", "patricia /myjobs"),
    _types("... and taps the first button.", "patricia tap 1"),
    Scene("Dana does not want to wait for the next run.", line="dana /sync", hear=("dana", "dana")),
    _types("A stranger is curious.", "zoe /myjobs"),
)
