"""Lets aioresponses 0.7.9 answer aiohttp 3.14, which asks of a response more than it gives.

`install()` does nothing where the two fit; the day they do, this file can be deleted. aiohttp wants
a `stream_writer`, and a reader that got more than 64 KiB at once pauses a transport that a pretend
answer does not have.
"""

import asyncio
import inspect
from typing import Any
from unittest.mock import Mock

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aioresponses import core

_PLENTY = 2**30


class _Response(aiohttp.ClientResponse):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **({"stream_writer": Mock()} | options))


def _roomy(loop: asyncio.AbstractEventLoop) -> aiohttp.StreamReader:
    return aiohttp.StreamReader(ResponseHandler(loop=loop), limit=_PLENTY, loop=loop)


def needed() -> bool:
    """Whether aiohttp wants a writer that aioresponses does not hand over."""
    wanted = inspect.signature(aiohttp.ClientResponse.__init__).parameters.get("stream_writer")
    given = inspect.getsource(core.RequestMatch._build_response)
    return (
        wanted is not None
        and wanted.default is inspect.Parameter.empty
        and "stream_writer" not in given
    )


def install() -> None:
    """Make pretend answers fit, if they do not."""
    if needed():
        core.ClientResponse = _Response
        core.stream_reader_factory = _roomy
