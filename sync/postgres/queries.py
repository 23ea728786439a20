"""Named SQL: statements live in `.sql` files beside the code that uses them, each under a line `--
name: <name>`. A line `-- include: <name>` stands for the text of that name in the same file.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_INCLUDE = re.compile(r"^ *-- include: (\w+)$", re.MULTILINE)


class Queries:
    """The statements of one `.sql` file by name, read at the first use.

    `Queries("sync.reconcile", "outbox.sql")["insert_alerts"]` is the text under `-- name:
    insert_alerts`.
    """

    def __init__(self, package: str, file: str) -> None:
        self._package, self._file = package, file

    @cached_property
    def _by_name(self) -> dict[str, str]:
        text = files(self._package).joinpath(self._file).read_text(encoding="utf-8")
        _, *parts = _NAME.split(text)
        return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))

    def __getitem__(self, name: str) -> str:
        return _INCLUDE.sub(lambda include: self[include[1]], self._by_name[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)
