"""A day of the company, scene by scene: what happens, and whose phone must show something of it.

The scenes go through the table "what must be told to whom", then through what people ask. A scene
is plain data; `bot/demo/play.py` plays it.
"""

from dataclasses import dataclass
from typing import Literal

from bot.demo.company import JOBS, OPEN_ESTIMATE, Write, change_job, job
from bot.views.catalogue import N_

_NEW_JOB = 101 + JOBS  # made of the estimate that is sold in the second scene
_UNREACHABLE = 103  # in San Bernardino, waiting for a crew leader
_ON_HOLD = 106  # Teresa makes its plan
_BUILDING, _LADDER = 127, 124  # Teresa is at work there
_SOLD_BY_AMY = 132  # its production is complete
_MEANWHILE = 109  # Teresa makes its plan, too


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens: in Attic Tech, or on somebody's phone."""

    title: str
    hear: str = ""  # who gets a message; twice: two
    write: Write | None = None
    line: str = ""  # as it would be typed at the prompt: "chris /myjobs"
    changed: str = ""  # on whose phone a message changes
    attic_tech: Literal["breaks down", "is mended", None] = None


DAY = (
    Scene(
        N_("All jobs are read. Managers hear what waits; nobody is told about the past."),
        "dana luis patricia olivia",
    ),
    Scene(
        N_("Amy sells the Henderson house: the estimate becomes Sold."),
        "dana luis",
        ("patch", "estimates", OPEN_ESTIMATE, {"status": "Sold"}),
    ),
    Scene(
        N_("Attic Tech makes job 141 of it, and Dana assigns Chris."),
        "chris",
        job(JOBS, "Plans In Progress", ("chris", "jose")),
    ),
    Scene(N_("Chris looks at what he has to do."), "chris", line="chris /myjobs"),
    Scene(N_("Chris's plan is ready."), "dana luis", change_job(_NEW_JOB, "Pending Review")),
    Scene(
        N_("The estimate changed: the plan has to change too."),
        "chris",
        change_job(_NEW_JOB, "Plans In Progress"),
    ),
    Scene(
        N_("Miguel takes the job over. What Chris has of it loses the customer."),
        "chris miguel",
        change_job(_NEW_JOB, crew=("miguel", "jose")),
        changed="chris chris",
    ),
    Scene(
        N_("Miguel falls ill and is taken off; nobody leads the job."),
        "dana luis miguel",
        change_job(_NEW_JOB, crew=("jose",)),
        changed="miguel",
    ),
    Scene(N_("Miguel is back."), "miguel", change_job(_NEW_JOB, crew=("miguel", "jose"))),
    Scene(
        N_("The plan is approved; a date is needed."),
        "miguel",
        change_job(_NEW_JOB, "Requires Scheduling"),
    ),
    Scene(
        N_("Everything begins anew: the job needs a crew leader again."),
        "dana luis miguel",
        change_job(_NEW_JOB, "Requires Crew Lead"),
        changed="miguel miguel",
    ),
    Scene(
        N_("In San Bernardino, Ben gets a job. Nobody ever connected his Telegram."),
        "patricia",
        change_job(_UNREACHABLE, "Plans In Progress", ("ben", "kevin")),
    ),
    Scene(
        N_("Patricia taps the button below it, and forwards what she gets to Ben."),
        "patricia patricia",
        line="patricia tap 1",
    ),
    Scene(
        N_("Ben opens the link in it: what he missed comes by itself."),
        "ben ben olivia",
        line="ben open",
    ),
    Scene(
        N_("A job that was being built goes back to planning."),
        "teresa",
        change_job(_BUILDING, "Plans In Progress"),
    ),
    Scene(
        N_("Teresa's crew has finished another one."),
        "teresa",
        change_job(_LADDER, "Production Complete"),
    ),
    Scene(
        N_("A job that Amy sold is to be paid: she hears of it, without a sound."),
        "amy chris",
        change_job(_SOLD_BY_AMY, "Pending Payment"),
    ),
    Scene(
        N_("A state that nobody has ever seen appears."), "olivia", change_job(_ON_HOLD, "On Hold")
    ),
    Scene(
        N_("Attic Tech breaks down and does not come back: it is told once."),
        "dana luis patricia olivia",
        attic_tech="breaks down",
    ),
    Scene(
        N_("It is mended, and what Teresa did there meanwhile is found."),
        "dana luis patricia patricia olivia",
        change_job(_MEANWHILE, "Pending Review"),
        attic_tech="is mended",
    ),
    Scene(N_("Luis asks how things stand."), "luis", line="luis /status"),
    Scene(N_("Patricia goes through her jobs ..."), "patricia", line="patricia /myjobs"),
    Scene(N_("... and taps the first button."), line="patricia tap 1", changed="patricia"),
    Scene(
        N_("Dana does not want to wait for the next run."),
        "dana",
        line="dana /sync",
        changed="dana",
    ),
    Scene(N_("A stranger is curious."), "zoe", line="zoe /myjobs"),
)
