"""A collection walked to its end: the shell around `walk.py`, one transaction per page."""

from datetime import datetime

import structlog

from sync.reading import singly, store
from sync.reading.keeping import Reading, keep
from sync.reading.walk import EPOCH, AskNewest, Cursor, Walk, heard_newest, heard_page, next_request

_log = structlog.get_logger()


async def walk_collection(
    reading: Reading, collection: str, cursor: Cursor, before: datetime | None
) -> tuple[Cursor, datetime]:
    """The cursor once all that is new was stored, and Attic Tech's `Date` when the walk began.

    `before`: the newest stamp that is known of anything.
    """
    walk, done, date = Walk(cursor, before=before), 0, EPOCH
    while (request := next_request(walk)) is not None:
        if isinstance(request, AskNewest):
            newest = await singly.ask_newest(reading.source, collection)
            walk, date = heard_newest(walk, newest, reading.overlap), newest.date
            continue
        page = await singly.ask_page(reading.source, collection, request.since, request.after)
        walk = heard_page(walk, page, reading.overlap)
        answered: store.Answered = (*page.documents, *page.set_aside)
        done += len(answered)
        changed = await keep(reading, collection, answered, done, walk.cursor)
        _log.debug("page_read", collection=collection, documents=len(answered), changed=changed)
    return walk.cursor, date
