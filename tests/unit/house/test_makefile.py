"""What `make setup` says to a Python that will not do, before it makes anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: Runs what it is given as a Python of this version and this account, which lacks ensurepip.
PRETENDING = """\
#!/bin/sh
[ "$2" != "import ensurepip" ] || exit 1
exec {python} -c 'import os, sys
sys.version_info, sys.version = {version} + ("final", 0), ".".join(map(str, {version})) + " (main)"
os.geteuid = lambda: {account}
exec(sys.argv[1])' "$2"
"""


def set_up(folder: Path, version: tuple[int, int, int], account: int = 1000) -> str:
    """What is said; neither uv nor anything else is on the path but that Python."""
    python = folder / "python3"
    text = PRETENDING.format(python=sys.executable, version=version, account=account)
    python.write_text(text, encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        [str(shutil.which("make")), "--silent", "setup", f"VENV={folder / 'venv'}"],
        cwd=ROOT,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert not (folder / "venv").exists()
    return done.stderr


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 15, 0)])
def test_a_wrong_python_is_told_which_one_is_needed(
    tmp_path: Path, version: tuple[int, int, int]
) -> None:
    told = ".".join(map(str, version))
    assert set_up(tmp_path, version).startswith(
        f"Python 3.11 to 3.14 is needed; this is {told}. Another one: make PYTHON=python3.11 ...\n"
    )


@pytest.mark.parametrize(("account", "line"), [(0, ""), (1000, "sudo ")])
def test_a_python_without_ensurepip_is_told_the_line_to_type(
    tmp_path: Path, account: int, line: str
) -> None:
    said = set_up(tmp_path, (3, 12, 4), account)
    assert f"\n    {line}apt-get install python3.12-venv\n" in said


def test_the_gate_runs_what_everybody_runs() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    for target in ("make setup", "make check", "make test"):
        assert [line for line in gate if line.startswith(f"{target} ") or line == target]
