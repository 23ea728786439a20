"""Query strings with brackets, as Payload reads them: `where[and][0][status][equals]=Sold` becomes
nested values.
"""

import re
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Nested: TypeAlias = dict[str, Any]

_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


def parse(query: str) -> Nested:
    """The nested values of `query`; a raw `+` is a space, a key that comes twice becomes a list."""
    tree: Nested = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        base, _, rest = key.partition("[")
        _place(tree, [base, *_SEGMENT.findall("[" + rest if rest else "")], value)
    return {key: _lists(value) for key, value in tree.items()}


def _place(tree: Nested, path: list[str], value: str) -> None:
    *way, last = path
    for step in way:
        below = tree.get(step)
        if not isinstance(below, dict):
            below = tree[step] = {}
        tree = below
    name = last or str(len(tree))
    tree[name] = [*_listed(tree[name]), value] if name in tree else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _lists(value: Any) -> Any:
    """The same with every mapping whose keys are all numbers turned into a list, in their order."""
    if not isinstance(value, dict):
        return value
    items = {key: _lists(below) for key, below in value.items()}
    if items and all(key.isdigit() for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items
