"""What documents point at is there before anything is decided, or known to be hidden."""

from tests.attic import CHRIS, LEADER

ANA = 3


async def hide_ana(attic, mirror) -> None:
    """Ana is in a crew, we may not read her, and no walk asks for what is that old any more."""
    attic.create("users", name="Ana", roles=[LEADER])
    attic.scope("users", {"id": {"not_equals": ANA}})
    attic.jobs(1, assignedCrew=[CHRIS, ANA])
    await mirror.read()
    attic.later(300)
    attic.patch("users", CHRIS)
    attic.jobs(1)
    await mirror.read()


async def test_ids_that_the_mirror_lacks_are_asked_for_until_nothing_is_missing(attic, mirror):
    pat = attic.create("clients", fullName="Pat")
    house = attic.create("properties", address="12 Elm St", client=pat)
    attic.create("estimates", name="E", status="Sold")
    await mirror.read()
    attic.later(300)
    await mirror.read()
    await mirror.connection.execute(
        "DELETE FROM botzilla.attic_tech_document WHERE collection IN ('clients', 'properties')"
    )
    attic.patch("estimates", 1, property=house)
    attic.asked()
    assert await mirror.marks_of_reading() == ["clients:1+", "estimates:1", "properties:1+"]
    asked = [words for words in attic.asked() if " ids " in words]
    assert asked == ["properties ids 1", "clients ids 1"]


async def test_a_member_whom_we_may_not_see_is_hidden_and_asked_for_once(attic, mirror):
    await hide_ana(attic, mirror)
    assert await mirror.ids("users", "hidden") == [ANA]
    attic.later(60)
    attic.asked()
    await mirror.read()
    assert not [words for words in attic.asked() if " ids " in words]


async def test_a_member_who_is_still_hidden_leaves_no_mark(attic, mirror):
    await hide_ana(attic, mirror)
    attic.later(60)
    attic.patch("jobs", 1, status="Closed Job")
    attic.asked()
    assert await mirror.marks_of_reading() == ["jobs:1"]
    assert [words for words in attic.asked() if " ids " in words] == [f"users ids {ANA}"]


async def test_she_is_asked_for_again_when_the_job_changed(attic, mirror):
    await hide_ana(attic, mirror)
    attic.faults.clear()
    attic.later(60)
    attic.patch("jobs", 1, status="Closed Job")
    assert await mirror.marks_of_reading() == ["jobs:1", f"users:{ANA}+"]
    assert await mirror.ids("users", "hidden") == []


async def test_she_is_asked_for_again_when_users_changed(attic, mirror):
    await hide_ana(attic, mirror)
    attic.faults.clear()
    attic.later(60)
    attic.patch("users", CHRIS, name="Chris J")
    assert await mirror.marks_of_reading() == [f"users:{CHRIS}", f"users:{ANA}+"]


async def test_she_is_not_asked_for_again_when_neither_changed(attic, mirror):
    await hide_ana(attic, mirror)
    attic.faults.clear()
    attic.later(60)
    attic.patch("jobs", 2, status="Closed Job")
    assert await mirror.marks_of_reading() == ["jobs:2"]


async def test_the_comparison_finds_her_when_she_is_shown_at_last(attic, mirror):
    await hide_ana(attic, mirror)
    attic.faults.clear()
    attic.later(600)
    assert await mirror.marks_of_reading() == [f"users:{ANA}+"]


async def test_a_job_that_points_at_somebody_hidden_is_fetched_by_the_nightly_comparison(
    attic, mirror
):
    """Somebody who was deleted between two of our requests looks hidden; his job's stamp stays."""
    await hide_ana(attic, mirror)
    attic.delete("users", ANA)
    assert await mirror.marks_of_reading(full=True) == ["jobs:1"]
    assert (await mirror.document("jobs", 1))["fields"]["assignedCrew"] == [CHRIS]
