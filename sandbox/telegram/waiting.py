"""Waiting by condition: what happens is told to whoever waits; nobody sleeps and looks again."""

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.telegram.world import World


async def wait_until(
    world: World, condition: Callable[[], Any], seconds: float, otherwise: str
) -> Any:
    """The first true answer of `condition`, asked again after everything that happens here.

    Raises TimeoutError with `otherwise` after `seconds`.
    """
    try:
        async with asyncio.timeout(seconds):
            while True:
                changed = world.changed
                if answer := condition():
                    return answer
                await changed.wait()
    except TimeoutError as error:
        raise TimeoutError(otherwise) from error
