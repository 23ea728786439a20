"""Refusals of the Bot API: code, description and parameters as Telegram words them."""


class ApiError(Exception):
    """What the Bot API answers instead of a result.

    `parameters` carries retry_after or migrate_to_chat_id.
    """

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def body(self) -> dict[str, object]:
        """The answer's JSON."""
        body: dict[str, object] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(what: str, **parameters: int) -> ApiError:
    """400: the call makes no sense to Telegram."""
    return ApiError(400, f"Bad Request: {what}", **parameters)


def forbidden(what: str) -> ApiError:
    """403: the person or the group does not let the bot."""
    return ApiError(403, f"Forbidden: {what}")


def too_many_requests(seconds: int) -> ApiError:
    """429, with the seconds to wait."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


#: What a poll hears when another one begins.
CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
#: What a code says when a test gives no words of its own.
USUAL_WORDS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: CONFLICT,
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def usual(code: int, description: str | None = None, retry_after: int | None = None) -> ApiError:
    """The refusal with `code` in Telegram's usual words, or in the given ones."""
    if code == 429 and description is None:
        return too_many_requests(retry_after or 1)
    words = description or USUAL_WORDS.get(code, "Error")
    return (
        ApiError(code, words)
        if retry_after is None
        else ApiError(code, words, retry_after=retry_after)
    )
