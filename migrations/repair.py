"""What `up` does first where somebody dropped the tables of jobs: they are made anew.

A migration of BotZilla's own drops job_sync and job_state_change_log with CASCADE, whenever it
runs. Nothing of Attic Tech is lost by that, since its mirror is ours alone: the next run decides on
all of it as at first contact, and nobody is told about the past.
"""

from sqlalchemy import Connection

from migrations.running import BOOKKEEPING, execute, fetch, take_turn, text_of

#: The texts that make the two tables and their indexes, by revision. Each may run over what is
#: there already; a test compares what they make with what all revisions make.
_MAKING = (
    ("0002", "0002_seed_steps.up.sql"),
    ("0003", "0003_job_sync.up.sql"),
    ("0010", "0010_lookups.up.sql"),
)
_AFTERWARDS = "0000_repair.sql"


def repair(connection: Connection) -> None:
    """Make anew what is gone of the two tables, in one transaction; nothing where nothing is."""
    if not fetch(connection, "SELECT to_regclass('botzilla.jobsync_version')"):
        return
    take_turn(connection)
    execute(connection, text_of(BOOKKEEPING))
    revision = fetch(connection, "SELECT max(version_num) FROM botzilla.jobsync_version") or ""
    files = [file for since, file in _MAKING if since <= revision]
    if files and fetch(connection, "SELECT botzilla.jobsync_gone() LIMIT 1"):
        texts = [text_of(file) for file in (*files, _AFTERWARDS)]
        execute(connection, "\n".join(["SELECT botzilla.jobsync_forget_gone();", *texts]))
