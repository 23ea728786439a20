"""The network at its worst: whatever happens ends as one of our errors, with a sentence."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
import stamina
import structlog
from aiohttp.client_reqrep import ConnectionKey
from aioresponses import aioresponses

from sync.attic_tech.client import AtticTech, WireLimits
from sync.attic_tech.errors import AnswerTooLarge, AtticTechBroken, AtticTechUnavailable
from sync.attic_tech.login import ApiKey
from tests.unit.attic_tech.stand_ins import OpenGate, Script, job, listed

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ONCE = WireLimits(connect=1, read=0.3, total=0.6, body=100_000, attempts=1, wait=0)
ANY_JOBS = re.compile(r"https://attic\.example/api/jobs.*")
EMPTY = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"docs":[],"hasNextPage":false}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"


@asynccontextmanager
async def speaking(speak: Speak) -> AsyncIterator[str]:
    """The address of a server that does with a connection what it likes, after a request came."""
    async with asyncio.TaskGroup() as tasks:

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await speak(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(
            lambda reader, writer: tasks.create_task(handle(reader, writer)), "127.0.0.1", 0
        )
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"


async def failure(api_url: str, limits: WireLimits = ONCE, key: str = "k") -> Exception:
    """The error that asking there ends in."""
    async with AtticTech(api_url, ApiKey(key), OpenGate(), limits=limits) as client:
        with pytest.raises((AtticTechUnavailable, AtticTechBroken)) as caught:
            await client.newest("jobs")
    return caught.value


async def cause(api_url: str, limits: WireLimits = ONCE, key: str = "k") -> str:
    """The word for what went wrong."""
    error = await failure(api_url, limits, key)
    assert isinstance(error, AtticTechUnavailable)
    assert error.status is None
    return error.cause


async def test_a_server_that_says_nothing_is_given_up_in_time():
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with speaking(silent) as url:
        assert await cause(url, WireLimits(read=0.2, total=50, attempts=1)) == "timeout"


async def test_a_server_that_drips_is_given_up_in_time():
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with speaking(drip) as url:
        error = await failure(url)
    assert str(error) == "Attic Tech did not answer in time when asked for Jobs."


async def test_an_answer_that_breaks_off_is_no_answer():
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b'{"docs":[{"id":1')

    async with speaking(break_off) as url:
        assert await cause(url) == "broke_off"


async def test_a_reset_in_the_middle_of_an_answer_is_no_answer():
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b'{"docs":[{"id":1')
        await writer.drain()
        writer.transport.abort()

    async with speaking(reset) as url:
        assert await cause(url) == "broke_off"


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nplain",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_no_answer(bytes_sent: bytes):
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes_sent)
        await writer.drain()

    async with speaking(speak) as url:
        assert await cause(url) == "broke_off"


async def test_an_answer_that_is_no_http_is_quoted_in_no_log_above_debug():
    """aiohttp's own words for it hold the line that it could not read."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ana@example.com +1 619 555 0101\r\n\r\n")
        await writer.drain()

    async with speaking(speak) as url:
        with structlog.testing.capture_logs() as logs:
            assert await cause(url) == "broke_off"
    above = [str(line) for line in logs if line["log_level"] != "debug"]
    assert above
    assert not [line for line in above if "example.com" in line or "555" in line]


async def test_the_words_of_a_refusal_are_in_the_log_at_debug_alone(script: Script, api_url: str):
    script.then(400, {"errors": [{"message": "ana@example.com is taken"}]})
    with structlog.testing.capture_logs() as logs:
        assert (await failure(api_url)).cause == "status_400"
    assert [line["log_level"] for line in logs if "ana@example.com" in str(line)] == ["debug"]


async def test_a_closed_port_accepts_no_connections(unused_tcp_port: int):
    error = await failure(f"http://127.0.0.1:{unused_tcp_port}/api")
    assert str(error) == "Attic Tech accepts no connections."


async def test_a_server_that_speaks_no_tls_gets_nothing(script: Script, api_url: str):
    assert await cause(api_url.replace("http:", "https:")) == "no_connection"
    assert script.seen == []


HOST = ConnectionKey("attic.example", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "word", "tries"),
    [
        (
            aiohttp.ClientConnectorCertificateError(HOST, ssl.SSLCertVerificationError("expired")),
            "certificate",
            1,
        ),
        (aiohttp.ClientConnectorDNSError(HOST, OSError("no such name")), "unknown_host", 2),
    ],
)
async def test_a_bad_certificate_is_final_and_an_unknown_name_is_not(
    error: Exception, word: str, tries: int
):
    with aioresponses() as mock:
        mock.get(ANY_JOBS, exception=error, repeat=True)
        assert await cause("https://attic.example/api", WireLimits(attempts=2, wait=0)) == word
        assert sum(map(len, mock.requests.values())) == tries


@pytest.mark.parametrize(
    "url", ["attic-tech.com/api", "ftp://attic.example/api", "http://:99999999/api"]
)
async def test_an_address_that_is_none_is_a_setting_to_correct(url: str):
    assert await cause(url, WireLimits(attempts=5, wait=0)) == "bad_address"


async def test_a_key_that_no_header_can_carry_is_a_setting_to_correct(api_url: str):
    assert await cause(api_url, key="two\nlines") == "bad_address"


async def pauses(api_url: str, limits: WireLimits) -> list[float]:
    """The seconds that lay between attempts that all failed."""
    found: list[float] = []
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([lambda details: found.append(details.wait_for)])
    try:
        await failure(api_url, limits)
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
    return found


async def test_pauses_double_up_to_a_limit(unused_tcp_port: int):
    limits = WireLimits(attempts=8, wait=0.001, patience=0.01)
    found = await pauses(f"http://127.0.0.1:{unused_tcp_port}/api", limits)
    assert len(found) == 7
    assert 0.001 <= found[0] < 0.0021
    assert found[-1] == pytest.approx(0.01)


async def test_no_two_clients_come_back_at_the_same_moment(unused_tcp_port: int):
    limits = WireLimits(attempts=2, wait=0.001)
    url = f"http://127.0.0.1:{unused_tcp_port}/api"
    assert len({tuple(await pauses(url, limits)) for _ in range(5)}) > 1


async def test_a_connection_that_failed_is_tried_again():
    tries = 0

    async def second_time(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries > 1:
            writer.write(EMPTY)

    async with speaking(second_time) as url:
        limits = WireLimits(attempts=2, wait=0)
        async with AtticTech(url, ApiKey("k"), OpenGate(), limits=limits) as client:
            assert (await client.stamps("jobs", after=0)).stamps == ()


async def test_an_answer_over_the_limit_is_not_read_to_its_end():
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536

    async with speaking(flood) as url:
        error = await failure(url, WireLimits(body=200_000, attempts=5, wait=0))
    assert isinstance(error, AnswerTooLarge)
    assert str(error) == (
        "Attic Tech's answer to a request for Jobs is larger than the 200,000 bytes that we read."
    )
    assert sent < 50_000_000


async def test_no_redirect_is_followed_so_no_token_reaches_another_host(
    script: Script, by_key: AtticTech
):
    elsewhere = Script()
    async with elsewhere.running() as there:
        script.then(302, b"", location=f"{there}/jobs").then(302, b"", location="/api/users")
        for _ in range(2):
            with pytest.raises(AtticTechBroken, match="sends us elsewhere"):
                await by_key.newest("jobs")
    assert elsewhere.seen == []
    assert len(script.seen) == 2


async def test_no_cookie_is_kept_so_no_old_session_answers_for_us(script: Script, api_url: str):
    by_name = api_url.replace("127.0.0.1", "localhost")  # of an address no jar keeps any
    for _ in range(2):
        script.then(200, listed(job()), set_cookie="payload-token=old; Path=/")
    async with AtticTech(by_name, ApiKey("k"), OpenGate(), limits=ONCE) as client:
        for _ in range(2):
            await client.newest("jobs")
    assert [seen.headers.get("cookie") for seen in script.seen] == [None, None]


async def test_nothing_is_sent_before_it_is_asked_and_nothing_stays_open(script: Script):
    async with script.running() as url:
        async with AtticTech(url, ApiKey("k"), OpenGate(), limits=ONCE):
            pass
        assert script.seen == []


async def test_a_cancelled_request_leaves_the_client_usable():
    arrived = asyncio.Event()

    async def second_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not arrived.is_set():
            arrived.set()
            await reader.read()
        writer.write(EMPTY)

    async with (
        speaking(second_time) as url,
        AtticTech(url, ApiKey("k"), OpenGate()) as client,
        asyncio.TaskGroup() as tasks,
    ):
        asking = tasks.create_task(client.stamps("jobs", after=0))
        await arrived.wait()
        asking.cancel()
        assert (await client.stamps("jobs", after=0)).stamps == ()


async def test_a_recorded_page_over_64_kib_is_read_whole():
    """The shim for aioresponses holds: https://github.com/pnuckowski/aioresponses."""
    docs = [job(id, name="x" * 300) for id in range(1, 501)]
    with aioresponses() as mock:
        mock.get(ANY_JOBS, payload=listed(*docs))
        async with AtticTech("https://attic.example/api", ApiKey("k"), OpenGate()) as client:
            assert len((await client.stamps("jobs", after=0)).stamps) == 500
