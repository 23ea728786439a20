"""The outbox under any sequence of claims, verdicts, crashes, throttles and passing time.

Whatever happens: one message at a time in a chat and in order, nothing that may have arrived is
claimed again, only transitions that the enum names, and in the end every alert has its end.
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

from bot.delivery.intent import Drop, Move
from bot.delivery.outbox import Claimed, Outcome, claim, give_back, record, sweep
from bot.delivery.verdict import Again, Delivered, Held, Unknown
from sync.alerts import TRANSITIONS, AlertState, Reason
from sync.database.pool import Connection, connect
from sync.deciding.refusals import record_refusal, revive

LANES = ("101", "102", "103")
OPEN = {AlertState.PENDING, AlertState.HELD, AlertState.SENDING}
#: Telegram may have the message after these.
MAY_HAVE_ARRIVED = (Delivered, Unknown)
SECONDS = st.integers(1, 90).map(lambda seconds: timedelta(seconds=seconds))
NOT_ARRIVED = st.one_of(
    SECONDS.map(Again),
    SECONDS.map(lambda rest: Again(rest, lane=True, failure=False)),
    SECONDS.map(lambda rest: Held("token_refused", rest)),
    st.sampled_from(LANES).map(Move),
    st.just(Drop("done")),
)


class Outbox(RuleBasedStateMachine):
    """Two senders share the outbox; a claim in hand is called, given back, or lost in a crash."""

    url: str
    in_hand = Bundle("in_hand")  # claimed, and Telegram was not called
    called = Bundle("called")  # Telegram took the message, and nothing was written down
    lost = Bundle("lost")  # their sender is thought dead

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.connection: Connection = self.run(connect(self.url))
        self.run(self.connection.execute("TRUNCATE botzilla.alert RESTART IDENTITY CASCADE"))
        self.before: dict[int, tuple[AlertState, str]] = {}
        self.arrived: set[int] = set()

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

    @rule(target=in_hand, limit=st.integers(1, 3), resting=st.sets(st.sampled_from(LANES)))
    def a_sender_claims(self, limit: int, resting: set[str]) -> Any:
        claimed = self.run(claim(self.connection, limit, uuid4(), resting))
        now = self.states()
        for alert in claimed:
            assert alert.id not in self.arrived, "it may have arrived, and is sent again"
            older = [
                id for id, (state, lane) in now.items() if lane == alert.lane and id < alert.id
            ]
            assert not any(now[id][0] in OPEN for id in older), "it overtook an older one"
        return multiple(*claimed)

    @rule(alert=consumes(in_hand), outcome=NOT_ARRIVED)
    def it_does_not_arrive(self, alert: Claimed, outcome: Outcome) -> None:
        self.verdict(alert, outcome)

    @rule(alert=consumes(in_hand))
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

    @rule(limit=st.integers(1, 3))
    def the_answer_to_a_claim_is_lost(self, limit: int) -> None:
        token = uuid4()
        self.run(claim(self.connection, limit, token))
        self.run(give_back(self.connection, [token]))

    @rule(target=called, alert=consumes(in_hand))
    def telegram_takes_it(self, alert: Claimed) -> Claimed:
        self.arrived.add(alert.id)
        return alert

    @rule(alert=consumes(called), outcome=st.sampled_from([Delivered(102, 1), Unknown()]))
    def its_answer_comes_or_is_lost(self, alert: Claimed, outcome: Outcome) -> None:
        self.verdict(alert, outcome)

    @rule(target=lost, alert=st.one_of(consumes(in_hand), consumes(called)))
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
            if not ours and alert.id not in self.arrived:
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
        self.before = now

    def teardown(self) -> None:
        try:
            self.every_alert_comes_to_its_end()
        finally:
            self.run(self.connection.close())
            self.runner.close()

    def every_alert_comes_to_its_end(self) -> None:
        for _ in range(200):
            if not any(state in OPEN for state, _ in self.states().values()):
                return
            self.time_passes(90)
            for alert in self.run(claim(self.connection, 50, uuid4())):
                assert alert.id not in self.arrived
                self.verdict(alert, Delivered(102, 1))
        raise AssertionError("an alert never came to its end")


def test_the_outbox_keeps_its_promises(database_url):
    class Machine(Outbox):
        url = database_url

    run_state_machine_as_test(
        Machine,
        # Shrinking would take minutes at a database; the steps that failed are printed anyway.
        settings=settings(
            max_examples=25, stateful_step_count=40, deadline=None, phases=[Phase.generate]
        ),
    )
