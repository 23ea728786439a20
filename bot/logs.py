"""Logs: our events and those of aiogram, aiohttp and asyncio come out alike, one line each.

structlog renders, the standard library's handler writes (to stderr). Whatever looks like a token
or equals a secret of ours is struck out of the finished line, tracebacks included.
"""

import logging
import re
import sys
from collections.abc import Iterable

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

#: A bot token, also inside a URL; a JWT; an API key as Payload wants it.
_TOKENS = r"\d{6,}:[\w-]{30,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=API-Key )\S+"
#: A shorter secret is none, and striking it out would take the log's own words apart.
_SHORTEST = 4
#: Libraries that say more than is news: a line for every health check, update, plugin and revision;
#: for every attempt at Attic Tech and every connection that fails, where a line of ours says so.
LOUD = {
    "aiohttp.access": logging.WARNING,
    "aiogram.event": logging.WARNING,
    "alembic": logging.WARNING,
    "stamina": logging.ERROR,
    "asyncpg.pool": logging.ERROR,
    "aiohttp.server": logging.CRITICAL,  # a traceback for whatever is no request
}


class _Redacting(ProcessorFormatter):
    def __init__(self, secrets: Iterable[str], processors: list[Processor]) -> None:
        super().__init__(processors=processors, foreign_pre_chain=_shared())
        # The longest first, or a secret within a secret would leave the rest of it standing.
        known = sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)
        self._secret = re.compile("|".join([*map(re.escape, known), _TOKENS]))

    def format(self, record: logging.LogRecord) -> str:
        return self._secret.sub("***", super().format(record))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(log_format: str) -> list[Processor]:
    if log_format == "json":
        return [
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def configure(log_format: str, log_level: str, secrets: Iterable[str] = ()) -> None:
    """From now on every logger of the process writes to stderr, in this format, from this level."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(secrets, _rendering(log_format)))
    level = logging.getLevelNamesMapping()[log_level.upper()]
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, least in LOUD.items():
        logging.getLogger(name).setLevel(max(level, least))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
