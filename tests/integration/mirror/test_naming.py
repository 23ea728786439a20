"""What Attic Tech calls its collections, and what is had only within what points at it."""

import pytest

from sync.attic_tech.documents import COLLECTIONS
from sync.attic_tech.errors import AtticTechBroken, AtticTechRefused, NoSuchCollection
from sync.attic_tech.names import Look
from sync.mirror.store import load_names
from tests.attic import CHRIS, LEADER, MEMBER, Attic, Client
from tests.integration.mirror.mirrored import Mirrored
from tests.statements import recorded, transactions

LIVE = {"estimates": "job-estimates"}
#: Names that nobody told us.
UNKNOWN = {"clients": "kunden", "properties": "orte", "roles": "rollen"}


def looks(attic: Attic) -> list[str]:
    """Which names were tried since the last call."""
    return [words.removesuffix(" look") for words in attic.asked() if words.endswith(" look")]


def house(attic: Attic, n: int = 1) -> tuple[int, int, int]:
    """A client, a property, a sold estimate with a job that Chris leads: their ids."""
    attic.create("branches", name=f"City {n}")
    client = attic.create("clients", fullName=f"Client {n}", phone=f"555-010{n}")
    place = attic.create("properties", address=f"{n} Elm St", client=client)
    estimate = attic.create(
        "estimates", name=f"E {n}", status="Sold", client=client, property=place, user=CHRIS
    )
    attic.jobs(1, job_estimate=estimate, assignedCrew=[CHRIS])
    return client, place, estimate


async def settled(attic: Attic, mirror: Mirrored) -> None:
    """Everything is read, and no walk reads again what it may have seen too early."""
    await mirror.read()
    attic.later(121)
    await mirror.read()


async def test_names_are_found_asked_once_and_remembered(attic, mirror):
    attic.names.update(LIVE)
    house(attic)
    await mirror.read()
    assert looks(attic) == [LIVE.get(name, name) for name in COLLECTIONS]
    assert await mirror.ids("estimates") == [1]
    found = await load_names(mirror.connection)
    assert str(found.names) == (
        "jobs, estimates (job-estimates), properties, clients, users, branches, roles"
    )
    attic.later(60)
    await mirror.read()
    assert looks(attic) == []


async def test_the_second_name_is_tried_where_the_first_is_none(attic, mirror):
    house(attic)
    await mirror.read()
    assert looks(attic)[:3] == ["jobs", "job-estimates", "estimates"]
    assert (await load_names(mirror.connection)).names.slug("estimates") == "estimates"


async def test_another_account_looks_for_itself(attic, mirror, client):
    house(attic)
    await mirror.read()
    looks(attic)
    client.account = "another"
    await mirror.read()
    assert len(looks(attic)) == 8


async def test_what_another_account_cannot_have_by_itself_is_fetched_within_what_shows_it(
    attic, mirror, client
):
    house(attic)
    await mirror.read()
    attic.later(600)
    attic.patch("clients", 1, phone="555-0199")
    client.account = "another"
    attic.names.update(UNKNOWN)
    assert "clients:1" in await mirror.marks_of_reading()


async def test_a_mirror_is_the_same_whether_collections_are_had_by_themselves_or_not(
    attic, mirror, database_url
):
    for n in (1, 2, 3):
        house(attic, n)
    attic.create("estimates", name="of the first place", property=1)
    attic.patch("users", CHRIS, roles=[MEMBER, LEADER])
    await mirror.read()
    whole, marks = await mirror.whole(), await rows(mirror)
    await mirror.connection.execute(
        "TRUNCATE botzilla.attic_tech_document, botzilla.sync_cursor, botzilla.sync_touched;"
        "DELETE FROM botzilla.sync_state"
    )
    attic.names.update(LIVE | UNKNOWN)
    found = await mirror.marks_of_reading()
    assert (await mirror.whole(), await rows(mirror)) == (whole, marks)
    assert [mark for mark in found if mark.startswith(("clients", "properties", "roles"))] == [
        *(f"clients:{id}+" for id in (1, 2, 3)),
        *(f"properties:{id}+" for id in (1, 2, 3)),
        *(f"roles:{id}+" for id in (LEADER, MEMBER)),
    ]


async def rows(mirror: Mirrored) -> list[tuple]:
    """Everything about every document but when we saw it."""
    found = await mirror.connection.fetch(
        "SELECT collection, id, state, fields, refs, created_at, updated_at"
        " FROM botzilla.attic_tech_document ORDER BY collection, id"
    )
    return [tuple(row) for row in found]


@pytest.mark.parametrize("hidden", [*UNKNOWN])
async def test_each_is_embedded_by_itself(attic, mirror, hidden):
    client, place, _ = house(attic)
    attic.names[hidden] = "unheard-of"
    await mirror.read()
    assert await mirror.ids("clients") == [client]
    assert await mirror.ids("properties") == [place]
    assert LEADER in await mirror.ids("roles")


async def test_a_corrected_phone_is_found_with_the_next_change_of_the_estimate(attic, mirror):
    attic.names.update(UNKNOWN)
    client, _, estimate = house(attic)
    await settled(attic, mirror)
    attic.patch("clients", client, phone="555-0199")
    attic.later(600)
    await mirror.read()
    assert (await mirror.document("clients", client))["fields"]["phone"] == "555-0101"
    attic.patch("estimates", estimate)
    assert await mirror.marks_of_reading() == [f"clients:{client}"]
    assert (await mirror.document("clients", client))["fields"]["phone"] == "555-0199"


async def test_a_corrected_phone_is_found_by_the_full_comparison(attic, mirror):
    """The estimate's stamp stays: it is fetched all the same."""
    attic.names.update(UNKNOWN)
    client, place, _ = house(attic)
    await settled(attic, mirror)
    attic.later(600)
    attic.patch("clients", client, phone="555-0199")
    attic.patch("properties", place, address="2 Elm St")
    assert await mirror.marks_of_reading(full=True) == [
        f"clients:{client}",
        f"properties:{place}",
    ]


async def test_a_renamed_and_a_lost_role_are_found_within_ten_minutes(attic, mirror):
    attic.names.update(UNKNOWN)
    attic.create("users", name="Ana", roles=[LEADER, MEMBER])
    await settled(attic, mirror)
    attic.later(600)
    attic.patch("roles", LEADER, name="Crew Leader")
    attic.delete("roles", MEMBER)
    assert await mirror.marks_of_reading() == [f"roles:{LEADER}", "users:3"]
    assert (await mirror.document("users", 3))["fields"]["roles"] == [LEADER]


async def test_what_is_embedded_is_never_gone_and_never_asked_for(attic, mirror):
    attic.names.update(UNKNOWN)
    client, _, estimate = house(attic)
    other = house(attic, 2)[0]
    await mirror.read()
    attic.patch("estimates", estimate, client=other)
    attic.delete("clients", client)
    attic.asked()
    await mirror.read(full=True)
    asked = [words for words in attic.asked() if words.startswith(tuple(UNKNOWN))]
    assert asked == ["properties look", "clients look", "roles look"]  # as in each full reading
    assert await mirror.ids("clients") == [client, other]


async def test_what_is_shown_as_an_id_alone_is_neither_asked_for_nor_hidden(attic, mirror):
    attic.names.update(UNKNOWN)
    house(attic)
    attic.scope("clients", {"fullName": {"equals": "Client 1"}})
    client, _, estimate = house(attic, 2)
    await mirror.read()
    assert (await mirror.document("estimates", estimate))["fields"]["client"] == client
    assert await mirror.ids("clients") == [1]
    assert await mirror.ids("clients", "hidden") == []


async def test_stamps_that_do_not_come_along_are_those_of_what_shows_it(attic, mirror):
    attic.names.update(UNKNOWN)
    attic.faults.hidden_fields |= {("clients", "updatedAt"), ("clients", "createdAt")}
    client, _, estimate = house(attic)
    await mirror.read()
    shown = await mirror.document("clients", client)
    parent = await mirror.document("estimates", estimate)
    assert (shown["state"], shown["updated_at"]) == ("present", parent["updated_at"])
    attic.later(600)
    assert await mirror.marks_of_reading(full=True) == []


async def test_an_embedded_document_that_cannot_be_kept_is_set_aside_and_stops_nothing(
    attic, mirror
):
    attic.names.update(UNKNOWN)
    client, place, estimate = house(attic)
    attic.patch("clients", client, fullName=["odd"])
    await mirror.read()
    assert await mirror.ids("clients", "set_aside") == [client]
    assert await mirror.ids("properties") == [place]
    assert await mirror.ids("estimates") == [estimate]
    [(kind, _, facts)] = await mirror.alerts()
    assert (kind, facts["collection"], facts["id"]) == ("document_unreadable", "clients", client)


async def test_an_estimate_that_is_fetched_alone_brings_its_client_along(attic, mirror):
    attic.names.update(UNKNOWN)
    client, _, estimate = house(attic)
    bad = attic.create("estimates", name="Bad")
    attic.faults.poisoned.add(("estimates", bad))
    await mirror.read()
    assert await mirror.ids("estimates", "set_aside") == [bad]
    assert await mirror.ids("estimates") == [estimate]
    assert await mirror.ids("clients") == [client]


async def test_what_may_not_be_read_by_itself_but_is_shown_is_taken_from_there(attic, mirror):
    attic.faults.add("status", path="/clients?", status=403)
    client, _, _ = house(attic)
    await mirror.read()
    assert await mirror.ids("clients") == [client]
    assert (await load_names(mirror.connection)).names.embedded == {"clients"}


async def test_a_page_with_all_that_it_carries_is_at_most_six_statements(attic, mirror):
    attic.names.update(UNKNOWN)
    for n in range(40):
        house(attic, n)
    with recorded(mirror.connection) as said:
        await mirror.read_only()
    pages = [one for one in transactions(said) if any("compared AS" in words for words in one)]
    assert pages
    assert max(map(len, pages)) <= 6


async def test_a_collection_that_we_may_not_read_and_that_nothing_shows_is_named(attic, mirror):
    house(attic)
    attic.hide("clients")
    with pytest.raises(AtticTechRefused, match="access to Clients in Attic Tech") as caught:
        await mirror.read()
    assert caught.value.cause == "unreadable:clients"
    attic.faults.clear()
    await mirror.read()
    assert await mirror.ids("clients") == [1]


@pytest.mark.parametrize("needed", ["jobs", "estimates", "users", "branches"])
async def test_without_one_of_four_a_reading_fails_with_what_was_tried(attic, mirror, needed):
    attic.names[needed] = "unheard-of"
    with pytest.raises(NoSuchCollection, match="ATTIC_TECH_COLLECTIONS") as caught:
        await mirror.read()
    assert needed.removesuffix("s") in str(caught.value).lower()
    assert await load_names(mirror.connection) is None


async def test_a_name_that_is_given_is_not_guessed(attic, mirror, client):
    attic.names.update(clients="customers")
    client.given = {"clients": "customers"}
    house(attic)
    await mirror.read()
    assert "clients" not in looks(attic)
    assert (await load_names(mirror.connection)).names.slug("clients") == "customers"
    client.given = {"clients": "patrons"}
    with pytest.raises(AtticTechBroken, match="Patrons"):
        await mirror.read()


async def test_a_name_that_is_given_must_be_readable(attic, mirror, client):
    attic.hide("clients")
    client.given = {"clients": "clients"}
    with pytest.raises(AtticTechRefused, match="read access to Clients"):
        await mirror.read()


async def test_a_name_that_is_gone_later_is_looked_for_anew(attic, mirror):
    attic.names.update(LIVE)
    house(attic)
    await mirror.read()
    attic.names.clear()
    attic.later(60)
    house(attic, 2)
    looks(attic)
    await mirror.read()
    assert looks(attic)[:3] == ["jobs", "job-estimates", "estimates"]
    assert await mirror.ids("estimates") == [1, 2]
    attic.later(60)
    await mirror.read()
    assert looks(attic) == []


async def test_a_collection_that_is_gone_later_is_looked_for_once(attic, mirror):
    house(attic)
    await mirror.read()
    attic.names["estimates"] = "unheard-of"
    looks(attic)
    with pytest.raises(NoSuchCollection, match="job-estimates and as estimates"):
        await mirror.read()
    assert looks(attic) == ["jobs", "job-estimates", "estimates"]


async def test_what_becomes_embedded_is_fetched_within_all_that_shows_it(attic, mirror):
    """A client that was never read by itself, of an estimate that was read long ago."""
    house(attic)
    await mirror.read()
    client = attic.create("clients", fullName="Pat")
    attic.patch("estimates", 1, client=client)
    attic.faults.add("body", path="/clients?where")
    with pytest.raises(AtticTechBroken):
        await mirror.read()
    attic.faults.clear()
    attic.later(600)
    attic.patch("estimates", attic.create("estimates", name="Newest"))
    attic.names.update(UNKNOWN)
    await mirror.read()
    assert await mirror.ids("clients") == [1, client]


async def test_what_is_embedded_is_looked_for_again_by_each_full_reading(attic, mirror):
    attic.names.update(UNKNOWN)
    house(attic)
    await mirror.read()
    attic.names.clear()
    attic.create("clients", fullName="Nobody points at me")
    looks(attic)
    await mirror.read()
    assert looks(attic) == []
    await mirror.read(full=True)
    assert looks(attic) == [*("properties", "clients", "roles")]
    assert await mirror.ids("clients") == [1, 2]


async def test_a_first_document_that_cannot_be_given_is_in_nobodys_way(attic, mirror):
    house(attic)
    for collection in ("jobs", "estimates", "properties", "clients", "branches"):
        attic.faults.poisoned.add((collection, 1))
    await mirror.read()
    assert await mirror.ids("jobs", "set_aside") == [1]


async def test_while_attic_tech_is_down_nothing_is_concluded(attic, mirror):
    attic.faults.add("status", path="/clients", status=503)
    with pytest.raises(Exception, match="503"):
        await mirror.read()
    assert await load_names(mirror.connection) is None


async def test_a_look_tells_four_things_apart(attic, client: Client):
    attic.hide("clients")
    seen = {slug: await client.look(slug) for slug in ("jobs", "clients", "nope")}
    assert seen == {"jobs": Look.OPEN, "clients": Look.CLOSED, "nope": Look.ABSENT}
    attic.faults.add("body", path="/jobs")
    with pytest.raises(AtticTechBroken):
        await client.look("jobs")
