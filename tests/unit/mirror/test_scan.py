"""The scan: whatever happens meanwhile, the next complete scans find every committed change."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.attic_tech.documents import Document
from sync.attic_tech.errors import AtticTechBroken
from sync.attic_tech.pages import DocumentPage, Newest
from sync.attic_tech.protocol import EPOCH
from sync.mirror.scan import (
    Cursor,
    Scan,
    heard_newest,
    heard_page,
)
from tests.thorough import examples

OVERLAP = timedelta(seconds=120)
START = datetime.fromisoformat("2026-11-20T08:00:00Z")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def page(*ids: int, has_next: bool = False, date: datetime = START) -> DocumentPage:
    documents = tuple(Document("jobs", id, None, START, {}, ()) for id in ids)
    return DocumentPage(documents, has_next, ids[-1] if ids else None, date)


def newest(stamp: datetime | None, date: datetime) -> Newest:
    return Newest(stamp, date)


def cursor(**changed) -> Cursor:
    """A cursor whose last scan saw everything up to H long after H."""
    settled = Cursor(
        t=START - OVERLAP,
        h=START,
        h_seen_at=START + seconds(1),
        began_at=START + seconds(600),
        finished_at=START + seconds(601),
        compared_from=START - seconds(9000),
    )
    return replace(settled, **changed)


def asks(scan: Scan) -> tuple[datetime, int] | str | None:
    """What comes next: the page since a stamp and after an id, the newest stamp, or nothing."""
    if scan.complete:
        return None
    return (scan.cursor.t, scan.cursor.last_id) if scan.cursor.under_way else "newest"


def test_first_contact_is_the_same_scan_from_1970():
    scan = heard_newest(Scan(Cursor()), newest(START, START + seconds(5)), OVERLAP)
    assert asks(scan) == (EPOCH, 0)


def test_a_page_with_more_behind_it_moves_the_scan_to_its_last_id():
    scan = heard_newest(Scan(Cursor()), newest(START, START), OVERLAP)
    scan = heard_page(scan, page(3, 9, has_next=True), OVERLAP)
    assert asks(scan) == (EPOCH, 9)


def test_the_last_page_ends_the_scan_and_starts_the_next_one_overlap_before_h():
    began, ended = START + seconds(5), START + seconds(7)
    scan = heard_newest(Scan(Cursor()), newest(START, began), OVERLAP)
    scan = heard_page(scan, page(3, 9, date=ended), OVERLAP)
    assert (asks(scan), scan.cursor) == (
        None,
        Cursor(START - OVERLAP, START, began, 0, began, ended, START, compared_at=began),
    )


def test_an_empty_page_ends_the_scan_even_when_it_claims_that_there_is_more():
    scan = heard_newest(Scan(Cursor()), newest(START, START), OVERLAP)
    assert heard_page(scan, page(has_next=True), OVERLAP).complete


def test_a_quiet_collection_is_one_request():
    scan = heard_newest(Scan(cursor()), newest(START, START + seconds(9999)), OVERLAP)
    assert (asks(scan), scan.cursor) == (None, cursor())


def test_a_collection_is_not_quiet_while_a_late_commit_may_still_show_an_old_stamp():
    early = cursor(began_at=START + seconds(1) + OVERLAP)
    scan = heard_newest(Scan(early), newest(START, START + seconds(9999)), OVERLAP)
    assert asks(scan) == (START - OVERLAP, 0)


def test_a_scan_timed_by_a_clock_that_had_jumped_ahead_settles_nothing():
    """Two servers behind one address, whose clocks differ by more than OVERLAP."""
    scan = heard_newest(Scan(cursor()), newest(START, START + seconds(60)), OVERLAP)
    assert asks(scan) == (START - OVERLAP, 0)


def test_a_scan_begins_no_later_than_overlap_before_the_newest_stamp():
    """That had been bound by a clock that jumped ahead, or a backup was restored."""
    ahead = cursor(t=START + seconds(5000), h=START + seconds(5000) + OVERLAP)
    scan = heard_newest(Scan(ahead), newest(START, START + seconds(9999)), OVERLAP)
    assert asks(scan) == (START - OVERLAP, 0)


def test_when_h_was_first_seen_is_remembered_while_h_stays():
    early = cursor(began_at=START + seconds(2))
    scan = heard_newest(Scan(early), newest(START, START + seconds(60)), OVERLAP)
    assert (scan.cursor.h_seen_at, scan.cursor.began_at) == (
        START + seconds(1),
        START + seconds(60),
    )


def test_a_new_h_is_seen_now():
    scan = heard_newest(Scan(cursor()), newest(START + seconds(50), START + seconds(60)), OVERLAP)
    assert scan.cursor.h_seen_at == START + seconds(60)


def test_a_stamp_from_the_future_counts_as_the_time_of_the_answer():
    scan = heard_newest(Scan(cursor()), newest(START + seconds(9999), START + seconds(60)), OVERLAP)
    assert scan.cursor.h == START + seconds(60)


def test_a_scan_that_was_cut_off_goes_on_and_is_followed_by_a_second_one():
    cut = cursor(last_id=500, finished_at=None)
    scan = Scan(cut)
    assert asks(scan) == (START - OVERLAP, 500)
    scan = heard_page(scan, page(501), OVERLAP)
    assert (asks(scan), scan.cursor.t) == ("newest", START - OVERLAP)
    scan = heard_newest(scan, newest(START + seconds(700), START + seconds(700)), OVERLAP)
    assert asks(scan) == (START - OVERLAP, 0)
    assert asks(heard_page(scan, page(501), OVERLAP)) is None


def test_an_empty_collection_is_scaned_and_stays_at_1970():
    scan = heard_newest(Scan(Cursor()), newest(None, START), OVERLAP)
    scan = heard_page(scan, page(), OVERLAP)
    assert (scan.complete, scan.cursor.t, scan.cursor.compared_at) == (True, EPOCH, START)


@pytest.mark.parametrize("skew", [-900, 0, 900])
def test_what_was_there_before_the_first_scan_is_measured_by_stamps_and_by_no_clock(skew):
    date = START + seconds(5 + skew)
    scan = heard_newest(Scan(Cursor()), newest(START, date), OVERLAP)
    compared_from = heard_page(scan, page(3, date=date), OVERLAP).cursor.compared_from
    assert compared_from == min(START, date)


def test_an_empty_collection_is_measured_by_the_newest_stamp_of_anything():
    """What comes into sight there later may have been there all the time."""
    scan = heard_newest(Scan(Cursor(), before=START), newest(None, START + seconds(900)), OVERLAP)
    assert heard_page(scan, page(), OVERLAP).cursor.compared_from == START


def test_only_the_first_scan_from_1970_counts_as_a_comparison():
    empty = cursor(t=EPOCH, h=None)
    scan = heard_newest(Scan(empty), newest(START, START + seconds(5)), OVERLAP)
    assert heard_page(scan, page(1), OVERLAP).cursor.compared_from == cursor().compared_from


def test_a_page_that_does_not_move_is_an_error_and_no_endless_loop():
    scan = heard_newest(Scan(Cursor(last_id=0)), newest(START, START), OVERLAP)
    scan = heard_page(scan, page(1, 2, has_next=True), OVERLAP)
    with pytest.raises(AtticTechBroken):
        heard_page(scan, page(1, 2, has_next=True), OVERLAP)


@dataclass
class ModelCollection:
    """A collection on PostgreSQL: stamps are set when a write begins, rows show when it commits.

    `skew` is how far the clock behind `Date` is ahead of the clock behind the stamps; `Date` has
    whole seconds.
    """

    skew: timedelta
    now: datetime = START
    rows: dict[int, tuple[datetime, int]] = field(default_factory=dict)  # id -> stamp, version
    writes: list[tuple[datetime, dict[int, int]]] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    versions: count = field(default_factory=lambda: count(1))
    ids: count = field(default_factory=lambda: count(1))

    def date(self) -> datetime:
        return (self.now + self.skew).replace(microsecond=0)

    def begin_write(self, ids: list[int]) -> None:
        self.writes.append((self.now, {id: next(self.versions) for id in ids}))

    def commit(self, write: int) -> None:
        stamp, versions = self.writes.pop(write)
        for id in versions.keys() - self.deleted:  # an update brings no deleted row back
            version = versions[id]
            if version > self.rows.get(id, (stamp, 0))[1]:
                self.rows[id] = (stamp, version)

    def pass_time(self, amount: timedelta) -> None:
        """No write lasts longer than OVERLAP."""
        for index in reversed(range(len(self.writes))):
            if self.writes[index][0] + OVERLAP < self.now + amount:
                self.now = max(self.now, self.writes[index][0] + OVERLAP)
                self.commit(index)
        self.now = max(self.now, self.now + amount)

    def newest(self) -> Newest:
        return Newest(max((stamp for stamp, _ in self.rows.values()), default=None), self.date())

    def page(self, since: datetime, after: int, limit: int) -> tuple[DocumentPage, dict[int, int]]:
        found = sorted(id for id, (stamp, _) in self.rows.items() if stamp >= since and id > after)
        return (
            page(*found[:limit], has_next=len(found) > limit, date=self.date()),
            {id: self.rows[id][1] for id in found[:limit]},
        )


def read_to_the_end(source: ModelCollection, cursor: Cursor) -> tuple[Cursor, dict[int, int]]:
    """One run over one collection: its cursor then, and the versions that it read."""
    scan, read = Scan(cursor), {}
    while not scan.complete:
        if not scan.cursor.under_way:
            scan = heard_newest(scan, source.newest(), OVERLAP)
        else:
            answer, versions = source.page(scan.cursor.t, scan.cursor.last_id, 500)
            scan = heard_page(scan, answer, OVERLAP)
            read |= versions
    return scan.cursor, read


@given(
    ahead=st.floats(0, 120),
    lasts=st.floats(0, 120),
    pauses=st.lists(st.floats(0.1, 130), min_size=2, max_size=5),
)
def test_a_late_commit_under_a_quiet_newest_stamp_is_read(ahead, lasts, pauses):
    """The write began `ahead` of the newest stamp and commits while runs find that unchanged."""
    source = ModelCollection(seconds(0))
    source.begin_write([1])
    source.pass_time(seconds(min(ahead, lasts)))
    source.begin_write([2])
    source.commit(-1)
    end, cursor, read = START + seconds(lasts), Cursor(), {}
    for pause in pauses:
        cursor, new = read_to_the_end(source, cursor)
        read |= new
        if source.writes and source.now + seconds(pause) > end:
            source.now = max(source.now, end)
            source.commit(0)
        source.pass_time(seconds(pause))
    assert source.writes or 1 in read | read_to_the_end(source, cursor)[1]


class EveryChangeArrives(RuleBasedStateMachine):
    """Writes, ties, late commits, deletions and crashes between any two requests."""

    @initialize(
        skew=st.sampled_from([-4000, -130, -1, 0, 0.3, 1, 130, 4000]), rows=st.integers(0, 8)
    )
    def contact(self, skew, rows):
        self.source = ModelCollection(seconds(skew))
        self.cursor = Cursor()  # as committed
        self.mirror: dict[int, int] = {}  # id -> version, as committed
        self.scan: Scan | None = None
        self.owed: dict[int, int] = {}  # what was committed when the run began
        for _ in range(rows):
            self.create_many(1)

    @rule(amount=st.sampled_from([0, 0.001, 0.4, 1, 5, 60, 119, 120, 121, 300, 86400]))
    def time_passes(self, amount):
        self.source.pass_time(seconds(amount))

    @rule(number=st.integers(1, 4))
    def create_many(self, number):
        self.source.begin_write([next(self.source.ids) for _ in range(number)])
        self.source.commit(-1)

    @rule(data=st.data(), late=st.booleans(), new=st.integers(0, 2))
    def write(self, data, late, new):
        known = sorted(self.source.rows)
        ids = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        self.source.begin_write(ids + [next(self.source.ids) for _ in range(new)])
        if not late:
            self.source.commit(-1)

    @precondition(lambda self: self.source.writes)
    @rule(data=st.data())
    def late_write_commits(self, data):
        self.source.commit(data.draw(st.integers(0, len(self.source.writes) - 1)))

    @precondition(lambda self: self.source.rows)
    @rule(data=st.data())
    def delete(self, data):
        id = data.draw(st.sampled_from(sorted(self.source.rows)))
        del self.source.rows[id]
        self.source.deleted.add(id)

    @rule(data=st.data(), requests=st.integers(1, 6), limit=st.integers(1, 5))
    def scan_on(self, data, requests, limit):
        if self.scan is None:
            self.scan = Scan(self.cursor)
            self.owed = {id: version for id, (_, version) in self.source.rows.items()}
        for _ in range(requests):
            if self.scan.complete:
                break
            self._ask(limit)
        if self.scan.complete:
            self.scan = None
            self._nothing_is_missing()

    @rule()
    def crash(self):
        self.scan = None

    @invariant()
    def the_cursor_never_passes_what_is_not_committed(self):
        assert self.cursor.t <= self.source.now

    def _ask(self, limit):
        cursor = self.scan.cursor
        if not cursor.under_way:
            self.scan = heard_newest(self.scan, self.source.newest(), OVERLAP)
            return
        answer, versions = self.source.page(cursor.t, cursor.last_id, limit)
        self.scan = heard_page(self.scan, answer, OVERLAP)
        self.mirror |= versions
        self.cursor = self.scan.cursor

    def _nothing_is_missing(self):
        missed = {
            id: version
            for id, version in self.owed.items()
            if id in self.source.rows and self.mirror.get(id, 0) < version
        }
        assert not missed


EveryChangeArrives.TestCase.settings = settings(
    max_examples=examples(60, 200), stateful_step_count=40, deadline=None
)
TestEveryChangeArrives = EveryChangeArrives.TestCase
