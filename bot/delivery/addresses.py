"""Everybody's address and right at this moment, read anew for every claim.

Matching people is dear (it compares everybody with everybody) and rarely changes, so its results
are kept while the rows behind them are the same; a change is worked out beside the event loop.
"""

import asyncio
from collections.abc import Sequence

from sync.database.pool import Connection
from sync.deciding.company import load_directory
from sync.directory import Directory


class Addresses:
    """Loads the directory; `operators` are the Telegram ids of the setting."""

    def __init__(self, operators: Sequence[int]) -> None:
        self._operators = tuple(operators)
        self._last = Directory(operators=self._operators)

    async def load(self, connection: Connection) -> Directory:
        """Who can be told what, as the database says it now."""
        fresh = await load_directory(connection, self._operators)
        if fresh != self._last:
            await asyncio.to_thread(_work_out, fresh)
            self._last = fresh
        return self._last


def _work_out(directory: Directory) -> None:
    """Fill the directory's cached answers."""
    _ = directory.persons, directory.all_managers, directory.all_operators
