"""What can go wrong with Attic Tech, sorted by what the caller does next.

Each error carries one sentence for people (`sentence`, also its text), and a word (`cause`) for
logs, event keys and `/readyz`. Neither quotes what Attic Tech said, which may hold anything.
"""

from datetime import timedelta

from sync.texts import one_line


class AtticTechError(Exception):
    """Attic Tech could not be read; `sentence` says why to people, `cause` in a word to us."""

    def __init__(self, sentence: str, cause: str) -> None:
        # It may name a host or a setting, and goes into the database: no NUL, no half characters.
        sentence = one_line(sentence.encode("utf-8", "replace").decode())
        super().__init__(sentence)
        self.sentence = sentence
        self.cause = cause


class AtticTechUnavailable(AtticTechError):
    """No answer, or one that says "not now" (5xx, 408, 429): the next run tries again.

    `status` is the status of the last answer, None where there was none: after a 5xx to one page,
    others may still work. `retry_after` is what Attic Tech asked for. `again` is False where
    another try at once would only do harm.
    """

    def __init__(
        self,
        sentence: str,
        cause: str = "unavailable",
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        again: bool = True,
    ) -> None:
        super().__init__(sentence, cause)
        self.status = status
        self.retry_after = retry_after
        self.again = again


class AtticTechRefused(AtticTechError):
    """Somebody has to change something in Attic Tech or in our settings; the sentence says what.

    `cause`: `credentials`, `locked`, `api_key`, `unreadable:<collection>`,
    `hidden:<collection>.<field>`, `no_crew_leader_role`, `no_crew_leader`.
    """


class NoRight(AtticTechRefused):
    """The collection stays closed to a fresh token."""


class AtticTechBroken(AtticTechError):
    """An answer that makes no sense: not Payload's, not JSON, not what was asked; unused."""


class NoSuchCollection(AtticTechBroken):
    """404 for a whole collection, or for a way to sign in: nothing is there under this name.

    `about` is what was asked for.
    """

    def __init__(self, sentence: str, about: str) -> None:
        super().__init__(sentence, "status_404")
        self.about = about


class AnswerTooLarge(AtticTechBroken):
    """The answer was larger than we accept and was not read to its end: ask for less at a time."""
