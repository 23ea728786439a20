"""When we are blind, and what is told of it: plain functions over how runs have fared."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.model.alerts import AlertKind
from sync.model.facts import SourceUnreadable, SyncBlind, SyncRecovered
from sync.reconcile.outbox import Fact
from sync.runs.outage import RunHistory, blind, blind_since, recovered, unreadable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AFTER = timedelta(seconds=600)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def history(**changed) -> RunHistory:
    """An installation whose last run, number 5, succeeded an hour ago."""
    values = {
        "now": NOW,
        "last_run": 5,
        "succeeded_at": ago(3600),
        "moved_at": None,
        "cause": "timeout",
        "sentence": "Attic Tech did not answer in time.",
        "first_contact": False,
    }
    return RunHistory(**values | changed)


@pytest.mark.parametrize(
    ("changed", "up", "since"),
    [
        ({}, 7200, ago(3600)),  # from the last success
        ({}, 1800, ago(1800)),  # or from the process's start, when that is later
        ({}, 599, None),
        ({}, 600, ago(600)),
        ({"succeeded_at": ago(599)}, 7200, None),
        ({"succeeded_at": None}, 700, ago(700)),
        ({"succeeded_at": None}, 500, None),
        ({"moved_at": ago(599)}, 7200, None),  # a long run that goes on committing pages
        ({"moved_at": ago(601)}, 7200, ago(3600)),  # one that hangs
    ],
)
def test_blind_is_counted_from_the_later_of_success_and_start(changed, up, since):
    assert blind_since(history(**changed), timedelta(seconds=up), AFTER) == since


def test_blindness_is_told_once_per_outage():
    facts = SyncBlind(ago(3600), "Attic Tech did not answer in time.")
    assert blind(history(), ago(3600)) == Fact(AlertKind.SYNC_BLIND, "5", facts)


def test_before_first_contact_has_ended_it_is_a_source_that_cannot_be_read():
    sentence = SourceUnreadable("Attic Tech did not answer in time.")
    new = history(first_contact=True, last_run=0)
    assert blind(new, NOW) == Fact(AlertKind.SOURCE_UNREADABLE, "0:timeout", sentence)


def test_an_unreadable_source_is_told_once_per_cause_and_outage():
    assert unreadable(5, "unreadable:clients", "Clients cannot be read.").subject == (
        "5:unreadable:clients"
    )


def test_the_recovery_tells_how_long_it_was_and_what_it_found():
    facts = SyncRecovered(ago(3600), 3600, 12)
    assert recovered(5, ago(3600), NOW, 12) == Fact(AlertKind.SYNC_RECOVERED, "5", facts)
