"""What cannot be read or stored is set aside, told once, and stops nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.attic_tech.documents import Document
from sync.attic_tech.errors import AtticTechRefused, AtticTechUnavailable
from sync.mirror.store import store
from tests.attic import CHRIS, LEADER, START
from tests.integration.mirror.mirrored import OPERATOR

NAN = float("nan")


async def no_note(changed: int) -> None:
    """Nobody watches."""


async def test_a_bad_document_is_set_aside_and_the_rest_of_its_page_is_kept(attic, mirror):
    attic.jobs(3)
    attic.create("estimates", name="E", status="Sold", final_price=NAN)
    attic.create("estimates", name="E", status="Sold", final_price=1)
    await mirror.read()
    assert (await mirror.ids("estimates", "set_aside"), await mirror.ids("estimates")) == ([1], [2])


async def test_it_is_told_once(attic, mirror):
    attic.create("estimates", name="E", final_price=NAN)
    await mirror.read()
    attic.later(60)
    attic.patch("estimates", 1)
    await mirror.read(full=True)
    [(kind, to, facts)] = await mirror.alerts()
    assert (kind, to, facts["collection"], facts["id"]) == (
        "document_unreadable",
        str(OPERATOR),
        "estimates",
        1,
    )


async def test_another_fault_of_it_is_told_again(attic, mirror):
    attic.create("estimates", name="E", final_price=NAN)
    await mirror.read()
    attic.later(60)
    attic.patch("estimates", 1, final_price=1, status=["not", "text"])
    await mirror.read()
    assert len(await mirror.alerts()) == 2


async def test_it_keeps_the_fields_that_it_had(attic, mirror):
    attic.create("estimates", name="E", status="Sold", final_price=7)
    await mirror.read()
    attic.later(60)
    attic.patch("estimates", 1, final_price=NAN)
    assert await mirror.marks_of_reading() == ["estimates:1"]
    kept = await mirror.document("estimates", 1)
    assert (kept["state"], kept["fields"]["final_price"]) == ("set_aside", 7)


async def test_it_is_present_again_once_it_can_be_read(attic, mirror):
    attic.create("estimates", name="E", final_price=NAN)
    await mirror.read()
    attic.later(60)
    attic.patch("estimates", 1, final_price=7)
    assert await mirror.marks_of_reading() == ["estimates:1"]
    kept = await mirror.document("estimates", 1)
    assert (kept["state"], kept["reason"], kept["digest"]) == ("present", None, None)


async def test_a_document_whose_id_cannot_be_stored_is_told_once(attic, mirror):
    attic.jobs(1)
    attic.plant("jobs", 2**31, {**attic.document("jobs", 1), "id": 2**31})
    await mirror.read()
    await mirror.read()
    [(kind, _, facts)] = await mirror.alerts()
    assert (kind, facts["collection"], facts.get("id")) == ("document_unreadable", "jobs", None)


async def test_a_crash_before_the_telling_tells_later(attic, mirror):
    attic.create("estimates", name="E", final_price=NAN)
    attic.faults.add("body", path="/roles?where")
    with pytest.raises(Exception, match="Roles"):
        await mirror.read()
    assert await mirror.alerts() == []
    attic.faults.clear()
    await mirror.read()
    assert [kind for kind, _, _ in await mirror.alerts()] == ["document_unreadable"]


def document(id: int, **fields) -> Document:
    return Document("jobs", id, None, START, {"name": f"Job {id}"} | fields, ())


async def test_what_postgresql_refuses_is_halved_until_the_bad_one_stands_alone(mirror):
    page = [document(id) for id in range(1, 10)]
    page[6] = document(7, name="half a \ud83d character")
    await store(mirror.connection, "jobs", page, no_note)
    assert (await mirror.ids(), await mirror.ids(state="set_aside")) == (
        [1, 2, 3, 4, 5, 6, 8, 9],
        [7],
    )


@pytest.mark.parametrize("name", ["\0", "\udc00"])
async def test_what_postgresql_refuses_alone_is_set_aside_with_its_reason(mirror, name):
    await store(mirror.connection, "jobs", [document(1, name=name)], no_note)
    kept = await mirror.document("jobs", 1)
    assert (kept["state"], kept["reason"][:24]) == ("set_aside", "PostgreSQL cannot store ")


async def test_of_a_document_that_one_answer_holds_twice_the_last_counts(mirror):
    answer = [document(1, name="old"), document(2), document(1, name="new")]
    assert await store(mirror.connection, "jobs", answer, no_note) == 2
    assert (await mirror.document("jobs", 1))["fields"]["name"] == "new"


async def test_refs_that_postgresql_refuses_are_set_aside_too(mirror):
    bad = replace(document(1), refs=("users:1\0",))
    await store(mirror.connection, "jobs", [bad], no_note)
    assert await mirror.ids(state="set_aside") == [1]


async def test_a_page_that_attic_tech_cannot_give_is_fetched_singly(attic, mirror, client):
    attic.jobs(6)
    client.size = 3
    attic.faults.poisoned.add(("jobs", 2))
    await mirror.read()
    assert (await mirror.ids(), await mirror.ids(state="set_aside")) == ([1, 3, 4, 5, 6], [2])
    assert [kind for kind, _, _ in await mirror.alerts()] == ["document_unreadable"]


async def test_only_what_changed_is_fetched_singly(attic, mirror):
    attic.jobs(250)
    attic.later(300)
    attic.patch("jobs", 1)
    await mirror.read()
    attic.later(300)
    attic.patch("jobs", 200, status="Closed Job")
    attic.patch("jobs", 240, status="Closed Job")
    attic.faults.poisoned.add(("jobs", 200))
    attic.asked()
    assert await mirror.marks_of_reading() == ["jobs:200", "jobs:240"]
    singly = [words for words in attic.asked() if words.startswith("jobs/")]
    assert singly == ["jobs/1", "jobs/200"]


async def test_a_newest_document_that_cannot_be_given_does_not_stop_the_walk(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.later(300)
    attic.patch("jobs", 2, status="Closed Job")
    attic.later(1)
    attic.patch("jobs", 3, status="Closed Job")
    attic.faults.poisoned.add(("jobs", 3))
    assert await mirror.marks_of_reading() == ["jobs:2", "jobs:3"]
    assert (await mirror.cursor())["h"] == START + timedelta(seconds=301)


async def test_a_stretch_of_ids_in_which_nothing_changed_does_not_end_the_walk(attic, mirror):
    attic.jobs(250)
    attic.later(300)
    attic.patch("jobs", 250)
    await mirror.read()
    attic.later(300)
    for job in (180, 240):
        attic.patch("jobs", job, status="Closed Job")
    attic.faults.poisoned.add(("jobs", 180))
    assert await mirror.marks_of_reading() == ["jobs:180", "jobs:240"]


async def test_when_attic_tech_goes_down_meanwhile_nothing_is_set_aside(attic, mirror, client):
    attic.jobs(3)
    attic.faults.poisoned.add(("jobs", 2))
    listings = iter(range(10))

    def goes_down() -> None:
        if next(listings) == 1:  # it still answered whether it is there, and listed the page
            attic.faults.add("status", status=500)

    client.between = goes_down
    with pytest.raises(AtticTechUnavailable):
        await mirror.read()
    assert await mirror.ids(state="set_aside") == []


async def test_what_attic_tech_can_give_again_is_found_by_the_comparison(attic, mirror):
    """Its stamp never moved."""
    attic.jobs(3)
    attic.faults.poisoned.add(("jobs", 2))
    await mirror.read()
    attic.faults.clear()
    assert await mirror.marks_of_reading(full=True) == ["jobs:2"]
    assert await mirror.ids() == [1, 2, 3]


async def test_when_nothing_else_is_answered_attic_tech_is_down_and_nothing_is_set_aside(
    attic, mirror
):
    attic.jobs(3)
    attic.faults.add("status", status=500, skip=1)
    with pytest.raises(AtticTechUnavailable):
        await mirror.read()
    assert (await mirror.ids(), await mirror.ids(state="set_aside")) == ([], [])


async def test_a_user_that_cannot_be_given_does_not_stop_his_jobs(attic, mirror):
    attic.create("users", name="Ana", roles=[1])
    attic.jobs(1, assignedCrew=[CHRIS, 3])
    attic.faults.poisoned.add(("users", 3))
    await mirror.read()
    assert (await mirror.ids(), await mirror.ids("users", "set_aside")) == ([1], [3])


async def test_the_role_and_its_only_holder_are_still_there_when_they_cannot_be_given(
    attic, mirror
):
    attic.jobs(1, assignedCrew=[CHRIS])
    await mirror.read()
    attic.later(60)
    attic.patch("roles", 1, name=["not", "text"])
    attic.patch("users", CHRIS, name=["not", "text"])
    await mirror.read(full=True)
    assert (await mirror.ids("roles", "set_aside"), await mirror.ids("users", "set_aside")) == (
        [1],
        [CHRIS],
    )


def lacking(attic, collection, id, *fields):
    """The document comes without these fields from now on, as the others do not."""
    document = attic.document(collection, id)
    attic.later(60)
    kept = {name: value for name, value in document.items() if name not in fields}
    attic.plant(collection, id, kept | {"updatedAt": attic.moment.isoformat()})


async def test_a_job_that_comes_without_its_crew_keeps_it_and_is_told(attic, mirror):
    attic.jobs(2, assignedCrew=[CHRIS])
    await mirror.read()
    lacking(attic, "jobs", 2, "assignedCrew")
    await mirror.read()
    document = await mirror.document("jobs", 2)
    assert (document["state"], document["fields"]["assignedCrew"]) == ("set_aside", [CHRIS])
    [(kind, _, facts)] = await mirror.alerts()
    assert (kind, facts["reason"]) == (
        "document_unreadable",
        "assignedCrew: does not come with Attic Tech's answer",
    )


@pytest.mark.parametrize("jobs", [2, 20])
async def test_a_job_without_its_crew_that_is_alone_on_its_page_fails_no_run(attic, mirror, jobs):
    attic.jobs(jobs)
    attic.later(300)
    await mirror.read()
    lacking(attic, "jobs", 1, "assignedCrew")
    await mirror.read()
    await mirror.read(full=True)
    assert await mirror.ids(state="set_aside") == [1]


async def test_a_user_without_roles_keeps_those_that_they_had(attic, mirror):
    await mirror.read()
    lacking(attic, "users", CHRIS, "roles")
    await mirror.read()
    assert (await mirror.document("users", CHRIS))["fields"]["roles"] == [LEADER]


async def test_a_field_that_comes_with_nothing_is_hidden_and_nothing_is_set_aside(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.later(300)
    attic.faults.hidden_fields.add(("jobs", "assignedCrew"))
    attic.patch("jobs", 2)
    with pytest.raises(AtticTechRefused) as caught:
        await mirror.read()
    assert caught.value.cause == "hidden:jobs.assignedCrew"
    assert (await mirror.ids(state="set_aside"), await mirror.alerts()) == ([], [])


async def test_a_field_that_is_hidden_from_the_start_is_said(attic, mirror):
    attic.jobs(2)
    attic.faults.hidden_fields.add(("jobs", "assignedCrew"))
    with pytest.raises(AtticTechRefused):
        await mirror.read()


async def test_one_job_alone_proves_no_hidden_field(attic, mirror):
    attic.jobs(1)
    attic.faults.hidden_fields.add(("jobs", "assignedCrew"))
    await mirror.read()
    assert await mirror.ids(state="set_aside") == [1]


async def test_two_that_lack_a_field_among_many_that_have_it_are_set_aside(attic, mirror):
    attic.jobs(20)
    attic.later(300)
    await mirror.read()
    lacking(attic, "jobs", 1, "status")
    lacking(attic, "jobs", 2, "status", "assignedCrew")
    await mirror.read()
    assert await mirror.ids(state="set_aside") == [1, 2]
