"""What can go wrong with Attic Tech, sorted by what the caller does next.

Each error carries one sentence for people (`sentence`, also its text), and a word (`cause`) for
logs, event keys and `/readyz`. Neither quotes what Attic Tech said, which may hold anything.
"""

from datetime import timedelta

from sync.texts import one_line


class AtticTechError(Exception):
    """Attic Tech could not be read: a sentence for people, a word for us."""

    def __init__(self, sentence: str, cause: str) -> None:
        # It may name a host or a setting, and goes into the database: no NUL, no half characters.
        sentence = one_line(sentence.encode("utf-8", "replace").decode())
        super().__init__(sentence)
        self.sentence = sentence
        self.cause = cause


class AtticTechUnavailable(AtticTechError):
    """No answer, or "not now" (5xx, 408, 429): the next run tries again.

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
    """Somebody must change what the sentence says, there or in our settings.

    `cause`: `credentials`, `locked`, `api_key`, `unreadable:<collection>`,
    `hidden:<collection>.<field>`, `no_crew_leader_role`, `no_crew_leader`.
    """


class NoRight(AtticTechRefused):
    """The collection stays closed to a fresh token."""


class AtticTechBroken(AtticTechError):
    """An answer that is not Payload's, not JSON, or not what was asked."""


class NoSuchCollection(AtticTechBroken):
    """404 for a whole collection, or for a way to sign in.

    `about` is what was asked for.
    """

    def __init__(self, sentence: str, about: str) -> None:
        super().__init__(sentence, "status_404")
        self.about = about


class AnswerTooLarge(AtticTechBroken):
    """An answer larger than we accept, not read to its end."""


def title(slug: str) -> str:
    """The collection's name as Attic Tech shows it to people: `Job Estimates`."""
    return slug.replace("-", " ").replace("_", " ").title()


def credentials_refused() -> AtticTechRefused:
    """The error for an e-mail and password that Attic Tech does not accept."""
    return AtticTechRefused(
        "Attic Tech does not accept ATTIC_TECH_EMAIL and ATTIC_TECH_PASSWORD. They are not tried "
        "again for 15 minutes, since five failures lock the account: correct them, and restart.",
        "credentials",
    )


def locked() -> AtticTechRefused:
    """The error for an account that too many failed logins have locked."""
    return AtticTechRefused(
        "Attic Tech has locked the account of ATTIC_TECH_EMAIL after too many failed logins. It "
        "opens by itself after some minutes, or when somebody unlocks it in Attic Tech; we try "
        "again in 15 minutes.",
        "locked",
    )


def api_key_refused() -> AtticTechRefused:
    """The error for a key that belongs to nobody."""
    return AtticTechRefused(
        "Attic Tech does not accept ATTIC_TECH_API_KEY: enable the API key of the account again, "
        "or correct the setting.",
        "api_key",
    )


def absent(about: str, *names: str) -> NoSuchCollection:
    """The error for what is not there under any of these names."""
    tried = f" (asked for as {' and as '.join(names)})" if len(names) > 1 else ""
    return NoSuchCollection(
        f"Attic Tech has no {about} at this address{tried}: is ATTIC_TECH_API_URL the address of "
        f"its API, and is the collection named so? If it has another name, give it in "
        f"ATTIC_TECH_COLLECTIONS.",
        about,
    )


def unreadable(collection: str, slug: str, by: str) -> NoRight:
    """The error for a collection that stays closed to a fresh token."""
    return NoRight(
        f"The collection {slug} cannot be read by {by}: give the account's role read access "
        f"to {title(slug)} in Attic Tech.",
        f"unreadable:{collection}",
    )


def unseen(collection: str) -> AtticTechRefused:
    """The error for a collection that nothing shows."""
    return AtticTechRefused(
        f"The collection {collection} cannot be read by our account, and what points at it does "
        f"not show it: give the account's role read access to {title(collection)} in Attic Tech, "
        f"or its name in ATTIC_TECH_COLLECTIONS.",
        f"unreadable:{collection}",
    )


def hidden(collection: str, field: str) -> AtticTechRefused:
    """The error for a field that no document shows."""
    return AtticTechRefused(
        f"The field {field} of {collection} does not come with Attic Tech's answers: give "
        f"the account's role read access to that field in Attic Tech.",
        f"hidden:{collection}.{field}",
    )


def ignored(collection: str, what: str) -> AtticTechBroken:
    """The error for an answer that does not fit its question."""
    return AtticTechBroken(
        f"Attic Tech's answer to a request for {collection} does not fit {what} that we asked for.",
        "not_what_was_asked",
    )
