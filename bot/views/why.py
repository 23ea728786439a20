"""The story of a job in words: one paragraph for each change, the newest last.

In pages for Telegram, or whole for a terminal. It holds no price, no phone and no address.
"""

from collections.abc import Iterator
from datetime import datetime

from bot.audit.story import Aside, Entry, Held, Story
from bot.views import facts
from bot.views.buttons import JobButton, Row, WhyButton, button, keyboard
from bot.views.fate import fate
from bot.views.language import N_, Words
from bot.views.message import LIMIT, Html, Message, bold, clip, compose, joined, plain, units
from bot.views.rules import rules, untold_leader
from bot.views.trouble import collection_name
from bot.views.unreachable import WHY
from sync.model.alerts import RecipientType
from sync.model.states import official
from sync.reconcile.audit import Happened, Record

Paragraph = list[Html]
#: Of these Attic Tech says when, if the job's own record changed.
_STAMPED = frozenset(Happened) - {Happened.GONE, Happened.RETURNED}
_NEW_STATE = frozenset({Happened.SEEN, Happened.MOVED})
_MANAGE = frozenset({RecipientType.OPERATION_MANAGER, RecipientType.OPERATOR})


def why_message(story: Story, words: Words, page: int = 0) -> Message:
    """A page of the story; page 0 is its newest part, the last one its beginning."""
    head = _head(story, words)
    pages = _pages(_paragraphs(story, words), LIMIT - units("\n".join(head)) - 10)
    place = min(page, len(pages) - 1)
    lines = [*head, *(line for part in pages[place] for line in (Html(""), *part))]
    card = button(words.label("The job"), JobButton(number=facts.number(story.job)))
    return Message(compose(lines), keyboard([_turning(story, place, len(pages), words), [card]]))


def why_text(story: Story, words: Words) -> str:
    """The whole story, to be read on a terminal."""
    paragraphs = [_head(story, words), *_paragraphs(story, words)]
    return "\n\n".join(plain("\n".join(paragraph)) for paragraph in paragraphs)


def unread_text(called: str, aside: Aside, words: Words) -> str:
    """Why there is no story of a job whose record we never could take in."""
    return f"{called}: {plain(_aside(aside, words))}"


def _aside(aside: Aside, words: Words) -> Html:
    """A record of Attic Tech that we cannot read, or are not shown."""
    record = joined((collection_name(aside.collection, words), str(aside.id)), " ")
    since = words.moment(aside.since)
    if aside.hidden:
        return words.say(
            "Since {moment} Attic Tech does not show us its record: {record}",
            record=record,
            moment=since,
        )
    sentence = (
        N_("Since {moment} its news waits, for we do not understand it: {record} ({reason})")
        if aside.undecided
        else N_("Since {moment} a record of Attic Tech cannot be read: {record} ({reason})")
    )
    reason = clip(aside.reason or "—", 200)
    return words.say(sentence, record=record, moment=since, reason=reason)


def _pages(paragraphs: list[Paragraph], room: int) -> list[list[Paragraph]]:
    """The paragraphs in pages, the newest page first."""
    pages: list[list[Paragraph]] = []
    left = 0
    for paragraph in reversed(paragraphs):
        for piece in _pieces(paragraph, room):
            size = _size(piece)
            if not pages or size > left:
                pages.append([])
                left = room
            pages[-1].insert(0, piece)
            left -= size
    return pages


def _pieces(paragraph: Paragraph, room: int) -> Iterator[Paragraph]:
    """Its end first; each part of what is too long for a page stands under its first line."""
    head, *lines = paragraph
    piece: Paragraph = []
    for line in reversed(lines):
        if piece and _size([head, line, *piece]) > room:
            yield [head, *piece]
            piece = []
        piece.insert(0, line)
    yield [head, *piece]


def _size(paragraph: Paragraph) -> int:
    return units("\n".join(paragraph)) + 2


def _turning(story: Story, place: int, pages: int, words: Words) -> Row:
    if pages < 2:
        return []
    number = facts.number(story.job)

    def to(page: int) -> WhyButton:
        return WhyButton(number=number, page=page)

    older = [button(words.label("‹ Older"), to(place + 1))] if place + 1 < pages else []
    newer = [button(words.label("Newer ›"), to(place - 1))] if place > 0 else []
    return [*older, button(f"{pages - place}/{pages}", to(place)), *newer]


def _head(story: Story, words: Words) -> Paragraph:
    job = story.job
    parts = (words.state(job.get("status")), job.get("branch"), job.get("crew_leader"))
    shown = joined([clip(part, 100) for part in parts if part])
    return [facts.title(job), *([shown] if shown else []), *_standing(story, words)]


def _standing(story: Story, words: Words) -> Iterator[Html]:
    """What is to be known beside its changes."""
    if story.gone_at:
        unsold = story.job.get("job_id") is None
        gone = N_("⚫ Not sold any more") if unsold else N_("⚫ No longer in Attic Tech")
        yield joined((words.say(gone), words.moment(story.gone_at)))
    if story.undecided:
        yield words.say("There is news of it, which is decided once everything was read.")
    yield from (_aside(aside, words) for aside in story.aside[:3])
    if story.siblings:
        numbers = ", ".join(f"#{number}" for number in story.siblings[:10])
        yield words.say("Other jobs of its estimate: {numbers}", numbers=numbers)


def _paragraphs(story: Story, words: Words) -> list[Paragraph]:
    if not story.chapters:
        return [[words.say("Nothing was written down of its past.")]]
    return [
        _held(chapter, words) if isinstance(chapter, Held) else _entry(chapter, words)
        for chapter in story.chapters
    ]


def _held(held: Held, words: Words) -> Paragraph:
    sentence = (
        N_("Too many lost their crew leader at once, this job with them: {n}")
        if held.what == "leaders"
        else N_("Too many were missing at once, this one with them: {n}")
    )
    return [
        _at(held.at, words.say(sentence, n=words.number(held.count)), words),
        words.say("It looked like a mistake: nothing was changed, the operators were asked."),
        *([words.say("It still waits for their word.")] if held.still else []),
    ]


def _entry(entry: Entry, words: Words) -> Paragraph:
    first, *more = _what(entry.record, words) or [words.say("Before anything was written down")]
    managers = any(told.role in _MANAGE for told in entry.told)
    return [
        _at(entry.changed_at or entry.at, first, words),
        *more,
        *_seen(entry, words),
        *rules(entry, words),
        *(fate(told, words) for told in entry.told),
        *(_unreached(entry, words) if managers else ()),
        *untold_leader(entry, words),
    ]


def _at(moment: datetime, said: Html, words: Words) -> Html:
    return joined((bold(words.moment(moment)), said))


def _what(record: Record, words: Words) -> list[Html]:
    """What happened, a line each."""
    return [line for what in record.happened for line in _line(what, record, words)]


def _line(what: Happened, record: Record, words: Words) -> Iterator[Html]:
    state = clip(words.state(record.status) or "—", 100)
    match what:
        case Happened.SEEN:
            yield words.say("First seen: {state}", state=state)
        case Happened.SOLD_ANEW:
            yield words.say("Sold again")
        case Happened.GOT_ITS_JOB:
            yield words.say("The sold estimate got its job")
        case Happened.GOT_ITS_ESTIMATE:
            yield words.say("Joined to its estimate in Attic Tech")
        case Happened.MOVED:
            old = clip(words.state(record.previous_status) or "—", 100)
            yield joined((old, state), " → ")
        case Happened.BRANCH:
            yield words.say("Branch: {name}", name=_arrow(record.previous_branch, record.branch))
        case Happened.GONE:
            yield words.say("It was gone")
        case Happened.RETURNED:
            yield words.say("It was there again")
    led = what in (Happened.SEEN, Happened.SOLD_ANEW) and record.leader is not None
    if led or what is Happened.LEADER:
        yield words.say("Crew leader: {name}", name=_leaders(record))


def _leaders(record: Record) -> Html:
    names = (
        _named(record.previous_leader, record.previous_leader_name),
        _named(record.leader, record.leader_name),
    )
    return _arrow(*names) if Happened.LEADER in record.happened else joined(names[1:])


def _named(id: int | None, name: str | None) -> str | None:
    return clip(name or f"Attic Tech {id}", 60) if id is not None else None


def _arrow(old: str | None, new: str | None) -> Html:
    return joined((clip(old or "—", 100), clip(new or "—", 100)), " → ")


def _seen(entry: Entry, words: Words) -> Iterator[Html]:
    """When we saw it, and why so late or not at the same time."""
    record = entry.record
    if record.seen_at:
        run = f"{record.run}" if record.run else "—"
        sentence = (
            N_("Seen {moment}, by the full comparison of run {run}")
            if entry.compared
            else N_("Seen {moment}, by run {run}")
        )
        yield words.say(sentence, moment=words.moment(record.seen_at), run=run)
        if entry.changed_at is None and _STAMPED & set(record.happened):
            yield words.say("Attic Tech does not say when: the job’s own record is unchanged.")
    if entry.blind_since:
        moment = words.moment(entry.blind_since)
        yield words.say("Seen late: no run had succeeded since {moment}", moment=moment)
    if record.kept_leader:
        yield words.say("Its crew leader was kept: too many had been lost at once.")
    unknown = record.status is not None and official(record.status) is None
    if unknown and not record.silence and _NEW_STATE & set(record.happened):
        yield words.say("This state is none of the nine; operators hear of a new one once.")


def _unreached(entry: Entry, words: Words) -> Iterator[Html]:
    for name, reason in entry.unreached:
        yield joined(("❌", words.say(WHY[reason], name=clip(name, 60))), " ")
