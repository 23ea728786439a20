"""From a committed alert to a phone: what arrives, in which order, and what is written down."""

import asyncio
from typing import Any

import pytest

from bot.delivery import deliver
from bot.delivery.deliver import START_WITHIN
from bot.delivery.outbox import LEASE
from bot.delivery.relevance import Intent, Said, intend
from bot.delivery.verdict import PATIENCE
from bot.health import Part
from bot.telegram.client import CALL_TIMEOUT
from sandbox.telegram import Fault, FaultKind
from sync.model.alerts import AlertKind
from tests.posting import posting, until

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"


async def test_an_alert_reaches_the_phone_as_soon_as_it_is_committed(town, post):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert await post.settled() == [("job_assigned", "102", "delivered", None)]
    [message] = post.telegram.phone(102).received
    assert message.text.splitlines()[0] == "🟢 You have a new job"
    assert message.buttons[0].url == "https://www.attic-tech.com/jobs/1"
    row = await town.connection.fetchrow(
        "SELECT chat_id, message_id, delivered_at IS NOT NULL AS dated, lease_token, lease_until,"
        " attempts FROM botzilla.alert"
    )
    assert tuple(row) == (102, message.id, True, None, None, 0)


async def test_a_reader_is_spoken_to_in_his_language(town, post):
    await town.connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language) VALUES (102, 'es')"
    )
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.settled()
    assert post.texts(102) == ["🟢 Tienes un trabajo nuevo"]


async def test_link_previews_are_off(town, post):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.settled()
    [call] = post.telegram.calls("sendMessage")
    assert '"is_disabled": true' in str(call.params["link_preview_options"]).replace("True", "true")


async def test_order_is_kept_within_a_chat(town, post):
    fault = post.telegram.answer_late(0.3, method="sendMessage", chat_id=102)
    for number in range(1, 6):
        await town.job(number, PIP, assignedCrew=[7], name=f"Job {number}")
    await town.news()
    await post.settled()
    shown = [m.text.splitlines()[1] for m in post.telegram.phone(102).received]
    assert shown == [f"Job {n} · #{n}" for n in range(1, 6)]
    assert fault.times == 0


async def test_a_429_rests_one_chat_costs_no_attempt_and_holds_up_no_other(town, post):
    post.telegram.fail(429, retry_after=1, chat_id=102)
    await town.job(1, PIP, assignedCrew=[7], name="A")
    await town.job(2, PIP, assignedCrew=[7], name="B")
    await town.job(3, PIP, assignedCrew=[8], name="C")
    began = asyncio.get_running_loop().time()
    await town.news()
    await post.telegram.wait_until(lambda: post.texts(103))
    await post.reached("pending", 2)
    resting = await town.connection.fetch(
        "SELECT state, attempts, next_attempt_at > now() AS later FROM botzilla.alert"
        " WHERE telegram_id = '102' ORDER BY id"
    )
    assert [tuple(row) for row in resting] == [("pending", 0, True)] * 2
    await post.settled()
    assert asyncio.get_running_loop().time() - began >= 1
    shown = [m.text.splitlines()[1] for m in post.telegram.phone(102).received]
    assert shown == ["A · #1", "B · #2"]


@pytest.mark.parametrize("fault", [{"code": 502}, {"code": 500}])
async def test_a_5xx_is_tried_again(town, post, fault):
    post.telegram.fail(**fault, method="sendMessage")
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.settled()
    assert len(post.telegram.phone(102).received) == 1
    assert await town.connection.fetchval("SELECT attempts FROM botzilla.alert") == 1


async def test_what_is_refused_before_a_connection_stands_is_tried_again(town, post):
    await post.telegram.refuse_connections()
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await until(lambda: told(post, Part.SENDER, ok=False))
    await post.telegram.accept_connections()
    await post.settled()
    assert len(post.telegram.phone(102).received) == 1


def fail_at(post, words: str) -> None:
    """From now on Telegram answers 500 to Chris’s messages with these words, and takes others."""
    post.telegram.faults.add(
        Fault(code=500, method="sendMessage", chat_id=102, text=words, times=None)
    )


async def tired(town) -> None:
    """All that waits has failed often, and is due."""
    await town.connection.execute(
        "UPDATE botzilla.alert SET attempts = $1, next_attempt_at = now()"
        " WHERE state IN ('pending', 'held') AND attempts > 0",
        PATIENCE,
    )


async def test_one_message_that_telegram_fails_at_for_ever_ends_and_its_lane_goes_on(town, post):
    fail_at(post, "Job 1")
    for number in (1, 2):
        await town.job(number, PIP, assignedCrew=[7])
    await town.news()
    await until(lambda: failed(town, 1))
    assert post.texts(102) == []
    await tired(town)
    await until(lambda: post_has(post, 102, 1))  # nobody else's is sent: the lane itself goes on
    await tired(town)
    states = await post.settled()
    assert states[0] == ("job_assigned", "102", "undeliverable", "not_taken")
    assert states[1:] == [
        ("job_assigned", "102", "delivered", None),
        ("message_not_taken", "101", "delivered", None),
    ]
    [told] = post.telegram.phone(101).received
    assert told.text.splitlines()[0] == "🟠 A message could not be delivered"
    assert "It was for Chris Jordan: “You have a new job”" in told.text
    await town.decide()  # the next run does not begin it anew
    assert await post.settled() == states


async def away(town, post, **what) -> None:
    """Telegram fails at `what` for longer than one message may fail; then it is back."""
    fault = post.telegram.fail(502, times=None, **what)
    for number in (1, 2):
        await town.job(number, PIP, assignedCrew=[7])
    await town.news()
    await until(lambda: failed(town, 1))
    await tired(town)
    await until(lambda: failed(town, PATIENCE + 1))
    post.telegram.faults.remove(fault.id)
    await tired(town)
    assert {state for *_, state, _ in await post.settled()} == {"delivered"}


async def test_while_telegram_is_away_nothing_is_given_up_and_order_is_kept(town, post):
    await away(town, post, method="*")
    shown = [m.text.splitlines()[1] for m in post.telegram.phone(102).received]
    assert shown == ["Job 1 · #1", "Job 2 · #2"]


async def test_while_telegram_answers_and_takes_no_message_nothing_is_given_up(town, post):
    await away(town, post, method="sendMessage")
    assert len(post.telegram.phone(102).received) == 2


async def test_an_alert_that_nobody_understands_holds_up_its_lane_only_for_a_while(
    town, post, monkeypatch
):
    def mistaken(said: Said, *rest: Any) -> Intent:
        if said.kind is AlertKind.SYNC_BLIND:
            raise ValueError("a mistake of ours")
        return intend(said, *rest)

    monkeypatch.setattr(deliver, "intend", mistaken)
    await town.connection.execute(
        "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, telegram_id, event_key,"
        " attempts, facts) VALUES ('sync_blind', 'operation_manager', 1, '101', 'k', $1, '{}'),"
        " ('sync_recovered', 'operation_manager', 1, '101', 'l', 0, '{}')",
        PATIENCE,
    )
    await town.connection.execute("SELECT pg_notify('jobsync_alert', '')")
    await until(lambda: post_has(post, 101, 1))
    await tired(town)
    assert await post.settled() == [
        ("sync_blind", "101", "undeliverable", "not_taken"),
        ("sync_recovered", "101", "delivered", None),
        ("message_not_taken", "101", "delivered", None),
    ]


async def failed(town, times: int) -> bool:
    most = "SELECT coalesce(max(attempts), 0) FROM botzilla.alert"
    return await town.connection.fetchval(most) >= times


async def post_has(post, id: int, count: int) -> bool:
    return len(post.telegram.phone(id).received) == count


async def told(post, part, *, ok):
    word = post.health.words.get(part)
    return word is not None and word.ok == ok


@pytest.mark.parametrize("kind", [FaultKind.LOSE, FaultKind.CUT])
async def test_a_lost_answer_is_unknown_and_never_repeated(town, post, kind):
    post.telegram.faults.add(Fault(kind, method="sendMessage"))
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert await post.settled() == [("job_assigned", "102", "unknown", "answer_lost")]
    await town.job(2, PIP, assignedCrew=[7], name="Next")
    await town.news()
    await post.settled()
    arrived = len(post.telegram.phone(102).received)
    assert arrived == (2 if kind is FaultKind.LOSE else 1)
    assert len(post.telegram.calls("sendMessage")) == 2


@pytest.mark.parametrize(
    ("status", "outcome", "calls"), [(502, "delivered", 2), (200, "unknown", 1)]
)
async def test_a_proxys_page_in_place_of_an_answer_counts_by_its_status(
    town, post, status, outcome, calls
):
    post.telegram.faults.add(Fault(FaultKind.GARBAGE, code=status, method="sendMessage"))
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert [state for *_, state, _ in await post.settled()] == [outcome]
    assert len(post.telegram.calls("sendMessage")) == calls


async def test_an_answer_that_cannot_be_read_as_a_whole_is_one_all_the_same(town, post):
    post.telegram.faults.add(Fault(FaultKind.ODD, method="sendMessage"))
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert await post.settled() == [("job_assigned", "102", "delivered", None)]
    [message] = post.telegram.phone(102).received
    row = await town.connection.fetchrow("SELECT chat_id, message_id FROM botzilla.alert")
    assert tuple(row) == (102, message.id)


async def test_who_blocked_the_bot_is_remembered_and_his_managers_hear_why(town, post):
    await post.telegram.phone(102).block()
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert await post.settled() == [
        ("job_assigned", "102", "undeliverable", "bot_blocked"),
        ("crew_leader_unreachable", "101", "delivered", None),
    ]
    blocked = await town.connection.fetchval(
        "SELECT blocked_reason FROM botzilla.telegram_chat WHERE telegram_id = 102"
    )
    assert blocked == "bot_blocked"
    [message] = post.telegram.phone(101).received
    assert "Chris Jordan has blocked this bot in Telegram." in message.text


async def test_who_never_started_the_bot_has_no_chat(town, post):
    post.telegram.person(102, "Chris")
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert (await post.settled())[0] == ("job_assigned", "102", "undeliverable", "chat_not_found")


async def test_a_refused_token_holds_everything_and_loses_nothing(town, post):
    fault = post.telegram.fail(401, method="sendMessage", times=None)
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[8])
    await town.news()
    await post.reached("held", 2)
    assert post.health.words[Part.SENDER].refused
    reasons = await town.connection.fetch("SELECT DISTINCT reason FROM botzilla.alert")
    assert [row[0] for row in reasons] == ["token_refused"]
    post.telegram.faults.remove(fault.id)
    await town.connection.execute("UPDATE botzilla.alert SET next_attempt_at = now()")
    await post.settled()
    assert [len(post.telegram.phone(id).received) for id in (102, 103)] == [1, 1]
    assert not post.health.words[Part.SENDER].refused


async def test_html_that_telegram_refuses_goes_as_plain_text(town, post):
    post.telegram.fail(400, description="Bad Request: can't parse entities", method="sendMessage")
    await town.job(1, PIP, assignedCrew=[7], name="A & B")
    await town.news()
    await post.settled()
    [message] = post.telegram.phone(102).received
    assert message.text.splitlines()[:2] == ["🟢 You have a new job", "A & B · #1"]
    assert message.entities == ()


async def test_an_alert_that_came_too_late_is_superseded(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.job(1, PIP, assignedCrew=[8])
    await town.news()
    async with posting(database_url) as post:
        for id in (101, 102, 103):
            post.phone(id)
        assert await post.settled() == [
            ("job_assigned", "102", "superseded", "not_his_any_more"),
            ("job_reassigned", "103", "delivered", None),
        ]


async def test_the_newest_of_several_alerts_about_a_job_is_sent_alone(town, database_url):
    for status in (PIP, PR, PIP):
        await town.job(1, status, assignedCrew=[7])
        await town.news()
    async with posting(database_url) as post:
        for id in (101, 102):
            post.phone(id)
        await post.settled()
        assert post.texts(102) == ["🟢 You have a new job"]
        assert post.texts(101) == []


async def test_an_address_that_changed_since_is_used(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7])
    await town.news()
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = '104' WHERE attic_tech_user_id = 7"
    )
    async with posting(database_url) as post:
        post.phone(102), post.phone(104)
        await post.settled()
        assert post.texts(102) == []
        assert post.texts(104) == ["🟢 You have a new job"] * 2


async def test_who_left_meanwhile_learns_nothing(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE attic_tech_user_id = 7"
    )
    async with posting(database_url) as post:
        post.phone(101), post.phone(102)
        assert (await post.settled())[0] == ("job_assigned", "102", "undeliverable", "inactive")
        assert post.texts(102) == []


async def test_a_sender_that_died_in_a_send_leaves_it_unknown(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = gen_random_uuid(),"
        " lease_until = now() + interval '0.1 s'"
    )
    async with posting(database_url) as post:
        post.phone(102)
        assert await post.settled() == [("job_assigned", "102", "unknown", "lease_ran_out")]
        assert post.telegram.calls("sendMessage") == []


async def test_stopping_finishes_what_is_on_its_way(town, database_url):
    async with posting(database_url) as post:
        post.phone(102)
        post.telegram.answer_late(0.3, method="sendMessage")
        await town.job(1, PIP, assignedCrew=[7])
        await town.news()
        await post.reached("sending")
    assert await town.connection.fetchval("SELECT state FROM botzilla.alert") == "delivered"


async def test_two_senders_send_once(town, database_url):
    async with posting(database_url) as first, posting(database_url, first.telegram) as second:
        for id in (102, 103):
            first.phone(id)
        for number in range(1, 9):
            await town.job(number, PIP, assignedCrew=[7 if number % 2 else 8])
        await town.news()
        await second.settled()
        assert [len(first.telegram.phone(id).received) for id in (102, 103)] == [4, 4]


async def test_a_sender_that_lost_its_lock_is_elected_again_and_loses_nothing(town, post):
    for number in range(1, 5):
        await town.job(number, PIP, assignedCrew=[7 if number % 2 else 8])
        await town.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> ALL ($1::integer[])",
            [c.get_server_pid() for c in (town.connection, post.connection)],
        )
        await town.news()
    await post.settled()
    assert [len(post.telegram.phone(id).received) for id in (102, 103)] == [2, 2]


def test_a_lease_outlives_a_call_that_begins_late_and_lasts_long():
    assert LEASE.total_seconds() >= 1.25 * (START_WITHIN + CALL_TIMEOUT)
