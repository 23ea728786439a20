"""`python -m sandbox attic-tech` as a program, and with as many jobs as suite and demo use."""

import signal
import subprocess
import sys
import time
from urllib.request import urlopen

import aiohttp

from sandbox.attic_tech import API_KEY, AtticTechSandbox
from sandbox.attic_tech.company import Size, found


def test_it_says_where_it_listens_and_goes_at_sigterm():
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "attic-tech", "--port", "0", "--jobs", "3"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        word, url = process.stdout.readline().split()
        assert (word, url[:17], url[-4:]) == ("READY", "http://127.0.0.1:", "/api")
        with urlopen(f"{url}/users/me") as answer:  # noqa: S310
            assert answer.read() == b'{"user":null,"message":"Account"}'
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


async def test_five_thousand_jobs_are_walked_in_a_moment():
    system = AtticTechSandbox()
    found(system, Size(jobs=5000, estimates=5000, users=60))
    began, last, count = time.perf_counter(), 0, 0
    async with system, aiohttp.ClientSession() as http:
        while True:
            query = f"where[id][greater_than]={last}&sort=id&limit=500&depth=0"
            headers = {"Authorization": f"users API-Key {API_KEY}"}
            async with http.get(f"{system.url}/jobs?{query}", headers=headers) as response:
                docs = (await response.json())["docs"]
            if not docs:
                break
            last, count = docs[-1]["id"], count + len(docs)
    assert count == 5000
    assert time.perf_counter() - began < 5, "0.2 s on a quiet machine"
