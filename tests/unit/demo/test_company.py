"""The pretend company is whole: papers point at what is there, scenes at people who exist."""

from collections import Counter
from datetime import UTC, datetime

from bot.demo.cast import BY_KEY, CAST, Role
from bot.demo.company import FIRST_JOB, JOBS, OPEN_ESTIMATE, botzilla_rows, documents, job
from bot.demo.day import DAY
from bot.demo.prompt import Advice, understand

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


def papers() -> dict[tuple[str, int], dict]:
    return {(collection, fields["id"]): fields for _, collection, fields in documents(NOW)}


def test_nothing_points_at_a_document_that_is_not_there():
    held = papers()
    for fields in held.values():
        for name, target in POINTERS.items():
            value = fields.get(name)
            ids = value if isinstance(value, list) else [] if value is None else [value]
            assert all((target, id_) in held for id_ in ids)


def test_forty_jobs_in_both_branches_and_in_all_nine_states():
    held = papers()
    jobs = [fields for (collection, _), fields in held.items() if collection == "jobs"]
    branches = Counter(held["estimates", one["job_estimate"]]["branch"] for one in jobs)
    assert (len(jobs), len({one["status"] for one in jobs}), set(branches)) == (40, 9, {1, 2})


def test_no_two_jobs_have_one_name_and_new_ones_are_those_that_wait():
    held = papers()
    jobs = [fields for (collection, _), fields in held.items() if collection == "jobs"]
    names = [one["name"] for one in jobs] + [held["estimates", OPEN_ESTIMATE]["name"]]
    assert len({*names}) == JOBS + 1
    waiting = [one for one in jobs if one["status"] == "Requires Crew Lead"]
    assert min(one["updatedAt"] for one in waiting) > "2026-11-17"


def test_everything_is_older_than_the_day():
    assert all(fields["updatedAt"] < "2026-11-24T09:00:00.000Z" for fields in papers().values())


def test_the_staff_is_bilingual_and_one_leader_is_not_linked():
    languages = {person.language for person in CAST if person.branch}
    unlinked = [person.key for person in CAST if person.role is Role.LEADER and not person.linked]
    assert (languages, unlinked) == ({"en", "es"}, ["ben"])


def test_botzilla_knows_telegram_ids_of_managers_only():
    entered = {row["role"] for row in botzilla_rows() if row["telegram_id"]}
    assert entered == {"operation manager"}


def test_the_job_made_in_the_day_is_of_the_estimate_that_is_sold_in_it():
    _, _, fields = job(JOBS, "Requires Crew Lead", [])
    assert (fields["id"], fields["job_estimate"]) == (FIRST_JOB + JOBS, OPEN_ESTIMATE)
    assert papers()["estimates", OPEN_ESTIMATE]["status"] != "Sold"


def test_scenes_are_about_people_and_papers_that_exist():
    held = papers()
    made = {("jobs", FIRST_JOB + JOBS)}
    for scene in DAY:
        assert all(key in BY_KEY for key in scene.hear)
        assert scene.line is None or not isinstance(understand(scene.line), Advice)
        for verb, collection, *target in scene.writes:
            assert verb == "create" or (collection, target[0]) in held.keys() | made
