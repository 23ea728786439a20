"""The pretend company is whole: papers point at what is there, scenes at people who exist."""

from collections import Counter
from datetime import UTC, datetime

from bot.demo.cast import BY_KEY, CAST, Role
from bot.demo.company import FIRST_JOB, JOBS, OPEN_ESTIMATE, botzilla_rows, documents, job
from bot.demo.day import DAY

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
POINTERS = {
    "job_estimate": "estimates",
    "assignedCrew": "users",
    "user": "users",
    "branch": "branches",
    "client": "clients",
    "property": "properties",
    "roles": "roles",
    "branches": "branches",
}
HELD = {(collection, fields["id"]): fields for _, collection, fields in documents(NOW)}
PAPERS = [fields for (collection, _), fields in HELD.items() if collection == "jobs"]


def test_nothing_points_at_a_document_that_is_not_there():
    for fields in HELD.values():
        for name, target in POINTERS.items():
            value = fields.get(name)
            ids = value if isinstance(value, list) else [] if value is None else [value]
            assert all((target, id_) in HELD for id_ in ids)


def test_forty_jobs_in_both_branches_and_in_all_nine_states_older_than_the_day():
    branches = Counter(HELD["estimates", one["job_estimate"]]["branch"] for one in PAPERS)
    assert (len(PAPERS), len({one["status"] for one in PAPERS}), set(branches)) == (40, 9, {1, 2})
    assert all(fields["updatedAt"] < "2026-11-24T09:00:00.000Z" for fields in HELD.values())


def test_no_two_jobs_have_one_name_and_new_ones_are_those_that_wait():
    names = [one["name"] for one in PAPERS] + [HELD["estimates", OPEN_ESTIMATE]["name"]]
    assert len({*names}) == JOBS + 1
    waiting = [one for one in PAPERS if one["status"] == "Requires Crew Lead"]
    assert min(one["updatedAt"] for one in waiting) > "2026-11-17"


def test_the_staff_is_bilingual_and_one_leader_is_not_connected():
    unknown = {row["email"] for row in botzilla_rows() if not row["telegram_id"]}
    leaders = {person.email for person in CAST if not person.linked}
    assert {person.language for person in CAST if person.branch} == {"en", "es"}
    assert unknown == leaders == {BY_KEY["ben"].email}
    assert BY_KEY["ben"].role is Role.CREW_LEADER


def test_scenes_are_about_people_and_papers_that_exist():
    _, _, fields = job(JOBS, "Requires Crew Lead", [])
    assert (fields["id"], fields["job_estimate"]) == (FIRST_JOB + JOBS, OPEN_ESTIMATE)
    assert HELD["estimates", OPEN_ESTIMATE]["status"] != "Sold"
    for scene in DAY:
        keys = [*scene.hear.split(), *scene.changed.split(), *scene.line.split()[:1]]
        assert all(key in BY_KEY for key in keys)
        if scene.write and scene.write[0] == "patch":
            assert scene.write[1:3] in HELD.keys() | {("jobs", FIRST_JOB + JOBS)}
