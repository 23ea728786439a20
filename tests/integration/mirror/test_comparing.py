"""The full comparison: what is gone, what came back, what a walk let slip, what is a mistake."""

from datetime import timedelta

import pytest

from sync.mirror.store import Compared
from tests.attic import START
from tests.integration.mirror.mirrored import OPERATOR


async def test_a_deleted_document_is_gone_and_marked(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.delete("jobs", 2)
    assert await mirror.marks_of_reading(full=True) == ["jobs:2"]
    assert (await mirror.ids(), await mirror.ids(state="gone")) == ([1, 3], [2])


async def test_a_comparison_of_several_pages_finds_what_is_gone_in_each(attic, mirror, client):
    attic.jobs(9)
    await mirror.read()
    for job in (1, 5, 9):
        attic.delete("jobs", job)
    client.size = 2
    assert await mirror.marks_of_reading(full=True) == ["jobs:1", "jobs:5", "jobs:9"]


async def test_a_comparison_is_as_old_as_the_newest_stamp_before_it(attic, mirror, client):
    attic.jobs(9)
    await mirror.read()
    client.size = 2
    client.between = lambda: attic.later(1)
    asked = attic.moment
    compared = await mirror.read_only(full=True)
    # Three pages of the walk went before it: a listing of five pages was asked for after five.
    assert compared["jobs"] == Compared(START, asked + timedelta(seconds=5))


async def test_a_walk_concludes_no_absence(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.delete("jobs", 2)
    attic.later(60)
    assert await mirror.marks_of_reading() == []
    assert await mirror.ids() == [1, 2, 3]


async def test_a_gone_document_that_comes_back_is_present_again_and_marked_but_not_new(
    attic, mirror
):
    attic.jobs(3)
    await mirror.read()
    kept = attic.document("jobs", 2)
    attic.delete("jobs", 2)
    await mirror.read(full=True)
    attic.plant("jobs", 2, kept)
    assert await mirror.marks_of_reading(full=True) == ["jobs:2"]
    assert await mirror.ids() == [1, 2, 3]


async def test_an_older_stamp_is_a_difference_too(attic, mirror):
    """A restored backup: what Attic Tech answered last is the truth."""
    attic.jobs(3)
    await mirror.read()
    attic.patch("jobs", 2, status="Closed Job", updatedAt="2026-11-01T00:00:00.000Z")
    assert await mirror.marks_of_reading(full=True) == ["jobs:2"]
    assert (await mirror.document("jobs", 2))["fields"]["status"] == "Closed Job"


async def test_a_comparison_that_finds_nothing_fetches_nothing(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.later(121)
    await mirror.read()
    attic.later(60)
    attic.asked()
    await mirror.read(full=True)
    assert [words for words in attic.asked() if words.startswith("jobs")] == [
        "jobs newest",
        "jobs all",
    ]


async def test_what_the_listing_lacks_but_its_id_shows_is_not_gone(
    attic, mirror, client, monkeypatch
):
    attic.jobs(3)
    await mirror.read()
    whole = client.stamps

    async def without_the_second(collection, *, after, limit=1000):
        listing = await whole(collection, after=after, limit=limit)
        kept = tuple(pair for pair in listing.stamps if (collection, pair[0]) != ("jobs", 2))
        return type(listing)(kept, listing.has_next, listing.last_id, listing.date)

    monkeypatch.setattr(client, "stamps", without_the_second)
    assert await mirror.marks_of_reading(full=True) == []
    assert await mirror.ids() == [1, 2, 3]


async def test_three_documents_may_be_gone_at_once(attic, mirror):
    attic.jobs(4)
    await mirror.read()
    for job in (1, 2, 3):
        attic.delete("jobs", job)
    await mirror.read(full=True)
    assert await mirror.ids(state="gone") == [1, 2, 3]


async def test_when_too_many_are_gone_nothing_is_marked_and_operators_are_told_once(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    for job in (1, 2, 3, 4):
        attic.delete("jobs", job)
    assert await mirror.marks_of_reading(full=True) == []
    attic.later(86400)
    assert await mirror.marks_of_reading(full=True) == []
    facts = {
        "what": "gone",
        "collection": "jobs",
        "count": 4,
        "total": 8,
        "ids": [1, 2, 3, 4],
    }
    assert await mirror.alerts() == [("mass_change_held", str(OPERATOR), facts)]
    assert await mirror.ids() == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_mass_disappearance_stays_held_though_most_of_it_comes_back(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    kept = {job: attic.document("jobs", job) for job in (1, 2, 3, 4)}
    for job in kept:
        attic.delete("jobs", job)
    await mirror.read(full=True)
    attic.plant("jobs", 1, kept[1])
    attic.plant("jobs", 2, kept[2])
    await mirror.read(full=True)
    assert await mirror.ids() == [1, 2, 3, 4, 5, 6, 7, 8]
    attic.delete("jobs", 5)
    await mirror.read(full=True)
    ((_, _, facts),) = await mirror.alerts()
    assert (facts["count"], facts["ids"]) == (3, [1, 2, 3, 4, 5])
    assert await mirror.ids(state="gone") == []


async def test_a_mass_disappearance_stays_held_though_the_collection_grows(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    for job in (1, 2, 3, 4):
        attic.delete("jobs", job)
    await mirror.read(full=True)
    attic.later(60)
    attic.jobs(300)
    await mirror.read(full=True)
    assert (len(await mirror.alerts()), await mirror.ids(state="gone")) == (1, [])


async def test_a_mass_disappearance_ends_when_everything_is_there_again(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    kept = {job: attic.document("jobs", job) for job in (1, 2, 3, 4)}
    for job in kept:
        attic.delete("jobs", job)
    await mirror.read(full=True)
    for job, document in kept.items():
        attic.plant("jobs", job, document)
    await mirror.read(full=True)
    ((_, _, facts),) = await mirror.alerts()
    assert facts["ended"] == "repaired"
    attic.delete("jobs", 1)
    await mirror.read(full=True)
    assert await mirror.ids(state="gone") == [1]


async def test_a_mass_disappearance_that_is_accepted_ends(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    for job in (1, 2, 3, 4):
        attic.delete("jobs", job)
    await mirror.read(full=True)
    await mirror.read(full=True, accept=True)
    attic.delete("jobs", 5)
    await mirror.read(full=True)
    ((_, _, facts),) = await mirror.alerts()
    assert (facts["ended"], await mirror.ids(state="gone")) == ("accepted", [1, 2, 3, 4, 5])


async def test_two_percent_may_be_gone_at_once(attic, mirror):
    attic.jobs(250)
    await mirror.read()
    for job in range(1, 6):
        attic.delete("jobs", job)
    await mirror.read(full=True)
    assert await mirror.ids(state="gone") == [1, 2, 3, 4, 5]


async def test_what_was_gone_before_does_not_count_for_how_much_may_be_gone(attic, mirror):
    attic.jobs(250)
    await mirror.read()
    for job in range(1, 101):
        attic.delete("jobs", job)
    await mirror.read(full=True, accept=True)
    for job in range(101, 105):
        attic.delete("jobs", job)
    assert await mirror.marks_of_reading(full=True) == []


async def test_a_lost_right_costs_few_requests_and_concludes_nothing(attic, mirror):
    attic.jobs(300)
    await mirror.read()
    attic.scope("jobs", {"name": {"equals": "none of them"}})
    attic.asked()
    await mirror.read(full=True)
    singly = [words for words in attic.asked() if words.startswith("jobs/")]
    assert (len(singly), len(await mirror.ids())) == (7, 300)


async def test_an_operator_who_accepts_a_mass_disappearance_confirms_it(attic, mirror):
    attic.jobs(8)
    await mirror.read()
    for job in (1, 2, 3, 4):
        attic.delete("jobs", job)
    marks = await mirror.marks_of_reading(full=True, accept=True)
    assert marks == ["jobs:1", "jobs:2", "jobs:3", "jobs:4"]


async def test_accepting_without_a_full_run_confirms_no_disappearance(attic, mirror):
    for number in range(6):
        attic.create("users", name=f"U {number}")
    await mirror.read()
    for user in (3, 4, 5, 6):
        attic.delete("users", user)
    attic.later(601)
    await mirror.read(accept=True)
    assert await mirror.ids("users", "gone") == []


async def test_users_roles_and_branches_are_compared_every_ten_minutes(attic, mirror):
    attic.create("users", name="Leaver")
    attic.create("branches", name="Orange")
    await mirror.read()
    attic.delete("users", 3)
    attic.later(599)
    assert await mirror.marks_of_reading() == []
    attic.later(1)
    attic.asked()
    assert await mirror.marks_of_reading() == ["users:3"]
    assert [words for words in attic.asked() if words.endswith(" all")] == [
        "users all",
        "branches all",
        "roles all",
    ]


async def test_the_time_of_a_comparison_is_noted_after_what_it_found_was_decided(attic, mirror):
    """A job that was created during an outage must be news, though tonight's comparison saw it."""
    attic.jobs(1)
    await mirror.read()
    assert (await mirror.cursor())["compared_from"] == START
    attic.later(3600)
    compared = await mirror.read_only(full=True)
    assert (await mirror.cursor())["compared_from"] == START
    assert compared["jobs"] == Compared(START, START + timedelta(seconds=3600))


async def test_a_partial_listing_concludes_nothing(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.delete("jobs", 3)
    attic.faults.add("status", path="select", status=500)
    with pytest.raises(Exception, match="Attic Tech"):
        await mirror.read(full=True)
    assert await mirror.ids() == [1, 2, 3]


async def test_a_document_without_a_stamp_is_found_by_the_comparison_and_set_aside(attic, mirror):
    attic.jobs(1)
    await mirror.read()
    attic.plant("jobs", 2, {**attic.document("jobs", 1), "id": 2, "updatedAt": None})
    await mirror.read()
    await mirror.read(full=True)
    assert await mirror.ids(state="set_aside") == [2]
