"""The build stage of the Dockerfile, carried out line by line by a normal user in an empty home."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.unit.house.test_dockerfile import ROOT, instructions

NOBODY = 65534
#: How this machine reaches a package index; the rest of its environment stays outside.
NETWORK = ("PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")


def whoever() -> dict[str, object]:
    """Arguments for subprocess that give root's rights away."""
    root = os.geteuid() == 0
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}


def interpreter() -> str:
    """A Python that a normal user may start and that can make virtual environments."""
    for candidate in (sys._base_executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            tried = subprocess.run([candidate, "-c", "import ensurepip"], cwd="/", **whoever())
        except OSError:
            continue
        if tried.returncode == 0:
            return candidate
    pytest.skip("no Python here that a normal user may start")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of the normal user's own, in which `python` is found first."""
    with TemporaryDirectory(prefix="jobsync-image-") as folder:
        place = Path(folder)
        for name in ("bin", "home", "opt", "src"):
            (place / name).mkdir()
        python = place / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec {interpreter()} "$@"\n')
        python.chmod(0o755)
        yield place


def give_away(place: Path) -> None:
    if whoever():
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def copy(sources: list[str], target: Path) -> None:
    for source in sources:
        if (ROOT / source).is_dir():
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, target / source, ignore=skip)
        else:
            shutil.copy(ROOT / source, target)


def run(line: str, place: Path) -> str:
    """What the shell line printed; `/opt` is a folder of ours."""
    variables = {name: os.environ[name] for name in NETWORK if name in os.environ}
    variables |= {"HOME": str(place / "home"), "PATH": f"{place / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-ec", line.replace("/opt/", f"{place}/opt/")],
        cwd=place / "src",
        env=variables,
        capture_output=True,
        text=True,
        **whoever(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)  # it downloads what the program needs
def test_the_image_can_be_built_and_shows_its_commands(place: Path) -> None:
    build = [name == "FROM" for name, _ in instructions()].index(True, 1)
    for name, argument in instructions()[:build]:
        if name == "COPY":
            *sources, _ = argument.split()
            copy(sources, place / "src")
        elif name == "RUN":
            give_away(place)
            run(argument, place)
    shutil.rmtree(place / "src")
    (place / "src").mkdir()
    give_away(place)
    assert "usage: jobsync" in run("/opt/jobsync/bin/jobsync --help", place)
    shipped = run(
        "/opt/jobsync/bin/python -c 'from importlib.resources import files;"
        "import migrations, sandbox;"
        'print(*files("migrations").joinpath("sql").iterdir());'
        'print(*files("bot").joinpath("locales").rglob("*.po"))\'',
        place,
    )
    assert ".sql" in shipped
    assert "jobsync.po" in shipped
    assert "No such" in run("ls /opt/jobsync/lib/python3*/site-packages/tests 2>&1 || true", place)
