"""`/readyz` as a plain function of what the parts said and what the database says."""

import pytest

from bot.health import Health, Installation, Part, ready
from sync.postgres.locks import Lock

LED = frozenset({Lock.SYNC, Lock.SENDER, Lock.POLLER})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock) -> Health:
    said = Health(clock)
    said.say(Part.POLLER, ok=True)
    return said


def installation(**more) -> Installation:
    return Installation(**{"leads": LED, "synced_s": 5.04} | more)


def test_all_is_well(health, clock):
    clock.now += 2
    assert ready(health, installation()) == (
        200,
        {
            "database": {"ok": True, "age_s": 0, "detail": ""},
            "leader": {"ok": True, "age_s": 0.0, "detail": ""},
            "sync": {"ok": True, "age_s": 5.0, "detail": ""},
            "telegram": {"ok": True, "age_s": 2.0, "detail": ""},
        },
    )


def test_a_database_that_is_away_is_503_and_every_part_is_named(health):
    status, body = ready(health, None)
    assert status == 503
    assert list(body) == ["database", "leader", "sync", "telegram"]
    assert [body[part]["ok"] for part in body] == [False, False, False, True]


@pytest.mark.parametrize(
    ("lock", "detail"),
    [
        (Lock.SYNC, "nobody reads Attic Tech"),
        (Lock.SENDER, "nobody sends"),
        (Lock.POLLER, "nobody receives"),
    ],
)
def test_nobody_leading_is_503_only_after_a_minute(health, clock, lock, detail):
    ready(health, installation())
    clock.now += 59
    status, body = ready(health, installation(leads=LED - {lock}))
    assert (status, body["leader"]) == (200, {"ok": False, "age_s": 59.0, "detail": detail})
    clock.now += 1
    assert ready(health, installation(leads=LED - {lock}))[0] == 503
    assert ready(health, installation())[0] == 200


def test_nobody_has_led_since_we_began(health, clock):
    clock.now += 60
    assert ready(health, installation(leads=frozenset()))[0] == 503


def test_attic_tech_down_is_200_and_says_so(health):
    status, body = ready(health, installation(failed="no_connection"))
    assert (status, body["sync"]) == (
        200,
        {"ok": False, "age_s": 5.0, "detail": "the last run failed: no_connection"},
    )


def test_a_sync_that_ended_too_long_ago_is_not_well(health):
    status, body = ready(health, installation(synced_s=601.0))
    assert (status, body["sync"]["ok"]) == (200, False)
    assert ready(health, installation(synced_s=600.0))[1]["sync"]["ok"]


def test_nothing_read_yet_is_not_well_and_no_503(health):
    status, body = ready(health, installation(synced_s=None))
    assert (status, body["sync"]["ok"], body["sync"]["age_s"]) == (200, False, None)


@pytest.mark.parametrize("part", Part)
def test_a_refused_token_is_503(health, part):
    health.say(part, ok=False, detail="Unauthorized", refused=True)
    status, body = ready(health, installation())
    assert (status, body["telegram"]["ok"]) == (503, False)
    assert body["telegram"]["detail"] == f"{part}: Unauthorized"
    health.say(part, ok=True)
    assert ready(health, installation())[0] == 200


def test_alerts_held_for_a_refused_token_are_503_on_every_replica(clock):
    status, body = ready(Health(clock), installation(token_refused=3))
    assert (status, body["telegram"]["detail"]) == (503, "token refused, 3 alerts are held")


def test_a_second_poller_and_a_telegram_that_is_away_are_200(health):
    health.say(Part.POLLER, ok=False, detail="somebody else polls")
    status, body = ready(health, installation())
    assert (status, body["telegram"]["ok"]) == (200, False)
    assert body["telegram"]["detail"] == "poller: somebody else polls"


def test_what_nobody_could_be_told_is_shown_and_is_no_fault_of_telegram(health):
    status, body = ready(health, installation(no_manager=2))
    assert (status, body["telegram"]["ok"]) == (200, True)
    assert "undeliverable(no_manager): 2" in body["telegram"]["detail"]


def test_one_lost_answer_is_forgotten_when_telegram_answers_again(health, clock):
    clock.now += 1
    health.say(Part.SENDER, ok=False, detail="TimeoutError")
    assert not ready(health, installation())[1]["telegram"]["ok"]
    clock.now += 1
    health.say(Part.POLLER, ok=True)
    assert ready(health, installation())[1]["telegram"] == {
        "ok": True,
        "age_s": 0.0,
        "detail": "",
    }


def test_a_part_that_stands_by_says_nothing(health):
    health.say(Part.SENDER, ok=False, detail="away")
    health.forget(Part.SENDER)
    assert ready(health, installation())[1]["telegram"]["ok"]


@pytest.mark.parametrize(
    ("loop", "part"), [("sync", "sync"), ("outage", "sync"), ("sender", "telegram")]
)
def test_a_loop_that_keeps_failing_is_seen_in_its_part_and_is_no_503(health, loop, part):
    health.tell(loop, "ClientDecodeError")
    status, body = ready(health, installation())
    assert status == 200
    assert [name for name in body if not body[name]["ok"]] == [part]
    assert body[part]["detail"] == f"{loop} fails: ClientDecodeError"
    health.tell(loop, "")
    assert ready(health, installation())[1][part]["ok"]
