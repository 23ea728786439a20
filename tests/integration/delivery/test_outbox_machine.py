"""The outbox under any sequence of claims, beginnings, verdicts, crashes, elections, throttles and
passing time.

Whatever happens: one message at a time in a chat and in order, nothing that may have arrived is
claimed again, nothing is `unknown` whose call was not begun, only transitions that the enum names,
and in the end every alert that this program knows has its end.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bot.delivery.outbox import Claimed, Outcome, begin, claim, record, sweep, take_back
from bot.delivery.relevance import Drop, Move
from bot.delivery.verdict import Again, Aside, Delivered, Held, Unknown
from sync.model.alerts import TRANSITIONS, AlertState, Reason
from sync.postgres.pool import Connection, connect
from sync.reconcile.bounces import record_not_taken, record_refusal, revive
from tests.thorough import examples

LANES = ("101", "102", "103")
#: A kind that this program does not know.
NOT_OURS = "of_a_newer_program"
OPEN = {AlertState.PENDING, AlertState.HELD, AlertState.SENDING}
#: Telegram may have the message after these.
MAY_HAVE_ARRIVED = (Delivered, Unknown)
SECONDS = st.integers(1, 90).map(lambda seconds: timedelta(seconds=seconds))
NOT_ARRIVED = st.one_of(
    SECONDS.map(Again),
    SECONDS.map(lambda rest: Again(rest, lane=True, failure=False)),
    SECONDS.map(Aside),
    SECONDS.map(lambda rest: Held("token_refused", rest)),
)
#: Without a call.
NOT_BEGUN = st.one_of(
    SECONDS.map(lambda rest: Again(rest, failure=False)),
    st.sampled_from(LANES).map(Move),
    st.just(Drop("done")),
)


class Outbox(RuleBasedStateMachine):
    """Two senders share the outbox; a claim in hand is begun, called, or lost in a crash."""

    url: str
    in_hand = Bundle("in_hand")  # claimed, and nothing was begun
    begun = Bundle("begun")  # written down, and Telegram was not called
    called = Bundle("called")  # Telegram took the message, and nothing was written down
    lost = Bundle("lost")  # their sender is thought dead

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.connection: Connection = self.run(connect(self.url))
        self.run(self.connection.execute("TRUNCATE botzilla.alert RESTART IDENTITY CASCADE"))
        self.before: dict[int, tuple[AlertState, str]] = {}
        self.arrived: set[int] = set()
        self.had_begun: set[int] = set()
        self.given_up: set[int] = set()

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(doing)

    # ---- what happens ---------------------------------------------------------------------

    @initialize()
    def there_is_work(self) -> None:
        for lane in LANES:
            self.alerts_are_decided(lane, 2)

    @rule(lane=st.sampled_from(LANES), count=st.integers(1, 2))
    def alerts_are_decided(self, lane: str, count: int) -> None:
        for _ in range(count):
            self.run(
                self.connection.execute(
                    "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, telegram_id,"
                    " event_key) VALUES ('sync_blind', 'operator', $1, $2, $3)",
                    int(lane),
                    lane,
                    uuid4().hex,
                )
            )

    @rule(lane=st.sampled_from(LANES))
    def a_newer_program_decides(self, lane: str) -> None:
        self.run(
            self.connection.execute(
                "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, telegram_id,"
                " event_key) VALUES ($3, 'operator', $1, $2, $4)",
                int(lane),
                lane,
                NOT_OURS,
                uuid4().hex,
            )
        )

    @rule(target=in_hand, limit=st.integers(1, 3), resting=st.sets(st.sampled_from(LANES)))
    def a_sender_claims(self, limit: int, resting: set[str]) -> Any:
        waiting = self.waiting()
        claimed = self.run(claim(self.connection, limit, uuid4(), resting))
        for alert in claimed:
            assert alert.id not in self.arrived, "it may have arrived, and is sent again"
            older = [id for id, lane in waiting.items() if lane == alert.lane and id < alert.id]
            assert not older, "it overtook an older one"
            assert alert.lane not in resting
            self.had_begun.discard(alert.id)
        return multiple(*claimed)

    def waiting(self) -> dict[int, str]:
        """What nothing may overtake, and its lane."""
        rows = self.run(
            self.connection.fetch(
                "SELECT id, telegram_id FROM botzilla.alert"
                " WHERE state IN ('pending', 'held', 'sending') AND kind <> $1"
                " AND (state, reason) IS DISTINCT FROM ('held', 'not_taken')",
                NOT_OURS,
            )
        )
        return {row["id"]: row["telegram_id"] for row in rows}

    @rule(target=begun, alert=consumes(in_hand))
    def it_is_begun(self, alert: Claimed) -> Any:
        return self.begin(alert)

    def begin(self, alert: Claimed) -> Any:
        """Only who holds the lease may begin, and only until it runs out."""
        ours = self.run(
            self.connection.fetchval(
                "SELECT state = 'sending' AND lease_token = $2 AND lease_until > now()"
                " FROM botzilla.alert WHERE id = $1",
                alert.id,
                alert.lease_token,
            )
        )
        assert self.run(begin(self.connection, alert.id, alert.lease_token)) == bool(ours)
        if not ours:
            return multiple()
        self.had_begun.add(alert.id)
        return alert

    @rule(alert=consumes(in_hand), outcome=NOT_BEGUN)
    def it_is_not_begun(self, alert: Claimed, outcome: Outcome) -> None:
        self.verdict(alert, outcome)

    @rule(alert=consumes(begun), outcome=NOT_ARRIVED)
    def it_does_not_arrive(self, alert: Claimed, outcome: Outcome) -> None:
        self.verdict(alert, outcome)

    @rule(alert=consumes(begun))
    def telegram_fails_at_it_and_takes_others(self, alert: Claimed) -> None:
        if self.run(record_not_taken(self.connection, alert.id, alert.lease_token, operators=())):
            self.given_up.add(alert.id)

    @rule(alert=st.one_of(consumes(in_hand), consumes(begun)))
    def he_cannot_be_reached(self, alert: Claimed) -> None:
        self.run(
            record_refusal(
                self.connection, alert.id, alert.lease_token, Reason.BOT_BLOCKED, operators=()
            )
        )

    @rule()
    def everybody_unblocks_the_bot(self) -> None:
        self.run(self.connection.execute("DELETE FROM botzilla.telegram_chat"))
        self.run(revive(self.connection))

    @rule()
    def another_sender_is_elected(self) -> None:
        self.run(take_back(self.connection))
        assert not any(
            state is AlertState.SENDING and id not in self.had_begun
            for id, (state, _) in self.states().items()
        )

    @rule(target=called, alert=consumes(begun))
    def telegram_takes_it(self, alert: Claimed) -> Claimed:
        self.arrived.add(alert.id)
        return alert

    @rule(alert=consumes(called), outcome=st.sampled_from([Delivered(102, 1), Unknown()]))
    def its_answer_comes_or_is_lost(self, alert: Claimed, outcome: Outcome) -> None:
        self.verdict(alert, outcome)

    @rule(target=begun, alert=consumes(lost))
    def the_dead_comes_back_and_would_begin(self, alert: Claimed) -> Any:
        return multiple() if alert.id in self.had_begun else self.begin(alert)

    @rule(target=lost, alert=consumes(in_hand))
    def the_sender_dies_before_the_call(self, alert: Claimed) -> Claimed:
        return alert

    @rule(target=lost, alert=st.one_of(consumes(begun), consumes(called)))
    def the_sender_dies(self, alert: Claimed) -> Claimed:
        return alert

    @rule(alert=consumes(called))
    def the_sender_dies_for_long(self, alert: Claimed) -> None:
        self.time_passes(61)

    @rule(
        alert=consumes(lost),
        outcome=st.sampled_from([Delivered(102, 1), Unknown(), Again(timedelta(0))]),
    )
    def the_dead_comes_back_with_its_verdict(self, alert: Claimed, outcome: Outcome) -> None:
        arrived = isinstance(outcome, MAY_HAVE_ARRIVED)
        if not arrived and alert.id in self.arrived:
            return
        if arrived:
            # Whoever is called with a lease that ran out is called within it all the same: the
            # timeouts of the call are shorter than the lease.
            ours = self.states()[alert.id][0] is AlertState.SENDING
            if alert.id not in self.had_begun or (not ours and alert.id not in self.arrived):
                return
            self.arrived.add(alert.id)
        self.verdict(alert, outcome)

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.run(
            self.connection.execute(
                "UPDATE botzilla.alert SET next_attempt_at = next_attempt_at - $1::interval,"
                " lease_until = lease_until - $1::interval",
                timedelta(seconds=seconds),
            )
        )
        self.run(sweep(self.connection))

    def verdict(self, alert: Claimed, outcome: Outcome) -> None:
        was = self.states()[alert.id][0]
        written = self.run(record(self.connection, alert.id, alert.lease_token, outcome))
        assert written == (was is AlertState.SENDING and self.token(alert.id, alert.lease_token))

    def token(self, id: int, token: UUID) -> bool:
        """Whether this lease was the alert's before the verdict: no other claimer has it now."""
        held = self.run(
            self.connection.fetchval("SELECT lease_token FROM botzilla.alert WHERE id = $1", id)
        )
        return held is None or held == token

    def states(self) -> dict[int, tuple[AlertState, str]]:
        rows = self.run(self.connection.fetch("SELECT id, state, telegram_id FROM botzilla.alert"))
        return {row["id"]: (AlertState(row["state"]), row["telegram_id"]) for row in rows}

    # ---- what always holds ------------------------------------------------------------------

    @invariant()
    def one_at_a_time_in_a_chat_by_named_transitions(self) -> None:
        now = self.states()
        flying = [lane for state, lane in now.values() if state is AlertState.SENDING]
        assert len(flying) == len(set(flying))
        for id, (state, _) in now.items():
            was = self.before.get(id, (AlertState.PENDING, ""))[0]
            assert state is was or state in TRANSITIONS[was], (was, state)
            assert state is not AlertState.UNKNOWN or id in self.had_begun, "it was never begun"
            assert id not in self.given_up or state is AlertState.UNDELIVERABLE
        self.before = now

    def teardown(self) -> None:
        try:
            self.every_alert_comes_to_its_end()
        finally:
            self.run(self.connection.close())
            self.runner.close()

    def open(self) -> int:
        """How many alerts of ours have no end."""
        return self.run(
            self.connection.fetchval(
                "SELECT count(*) FROM botzilla.alert WHERE kind <> $1 AND state = ANY ($2::text[])",
                NOT_OURS,
                list(OPEN),
            )
        )

    def every_alert_comes_to_its_end(self) -> None:
        for _ in range(200):
            if not self.open():
                return
            self.time_passes(90)
            for alert in self.run(claim(self.connection, 50, uuid4())):
                assert alert.id not in self.arrived
                self.begin(alert)
                self.verdict(alert, Delivered(102, 1))
        raise AssertionError("an alert never came to its end")


def test_the_outbox_keeps_its_promises(database_url):
    class Machine(Outbox):
        url = database_url

    run_state_machine_as_test(
        Machine,
        # Shrinking would take minutes at a database; the steps that failed are printed anyway.
        settings=settings(
            max_examples=examples(10, 25),
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
        ),
    )
