"""Where an embedded cluster goes, and as whom it runs: as root, and as a normal user."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from sync.postgres import embedded
from sync.postgres.embedded import (
    Cluster,
    account_for,
    embedded_database,
    packaged_binaries,
)

from .test_embedded import holding, postmaster, write

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about root")


@pytest.fixture
def closed_folder(cluster_folder: Path) -> Path:
    """A folder below one that only its owner may enter."""
    closed = cluster_folder / "home"
    closed.mkdir(mode=0o700)
    return closed / "data"


@pytest.fixture
def open_folder(cluster_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one folder in which root finds room when he may not stay."""
    folder = cluster_folder / "var"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(embedded, "OPEN_FOLDER", folder)
    return folder


def test_root_lets_nobody_run_it_and_everybody_else_runs_it_himself() -> None:
    nobody = pwd.getpwnam("nobody")
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    assert account_for(0) == account_for(1000) | account
    assert not account.keys() & account_for(1000).keys()


@as_root
def test_as_root_the_server_is_nobodys_and_has_no_groups(cluster_folder: Path) -> None:
    with holding(cluster_folder, extra_groups=[4]) as holder:
        holder.url()
        status = Path(f"/proc/{postmaster(cluster_folder)}/status").read_text()
    nobody = pwd.getpwnam("nobody")
    lines = dict(line.split(":", 1) for line in status.splitlines())
    assert lines["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert lines["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert lines["Groups"].split() == []


@as_root
async def test_where_a_parent_is_closed_it_goes_to_an_open_folder_and_says_so(
    closed_folder: Path, open_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with embedded_database(closed_folder) as url:
        await write(url)
    (elsewhere,) = open_folder.iterdir()
    assert capsys.readouterr().err == (
        f"{closed_folder / 'postgres'} is closed to the account nobody, which PostgreSQL runs as:"
        f" the database is in {elsewhere}\n"
    )
    assert stat.S_IMODE(closed_folder.parent.stat().st_mode) == 0o700, "it stays closed"
    with embedded_database(closed_folder) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT answer FROM committed") == 42
        await connection.close()
    assert capsys.readouterr().err == ""
    assert [*open_folder.iterdir()] == [elsewhere]


@as_root
async def test_an_open_folder_that_was_removed_is_made_anew(
    closed_folder: Path, open_folder: Path
) -> None:
    for _ in range(2):
        with embedded_database(closed_folder) as url:
            await write(url)  # fails where the table is there already
        (elsewhere,) = open_folder.iterdir()
        shutil.rmtree(elsewhere)


@as_root
async def test_binaries_that_are_out_of_reach_are_copied(
    cluster_folder: Path,
    closed_folder: Path,
    open_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = packaged_binaries().parents[1]
    for part in (package, package.with_suffix(".libs")):
        shutil.copytree(part, closed_folder / part.name)
    binaries = closed_folder / packaged_binaries().relative_to(package.parent)
    monkeypatch.setattr(embedded, "packaged_binaries", lambda: binaries)
    with embedded_database(cluster_folder) as url:
        await write(url)
    used = Cluster(cluster_folder / "postgres").program("postgres")
    assert used.is_relative_to(cluster_folder / "postgres")
    assert [*open_folder.iterdir()] == []


@as_root
def test_no_room_anywhere_is_an_error_that_names_the_folders(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "OPEN_FOLDER", Path("/proc/nowhere"))
    with (
        pytest.raises(OSError, match="/proc/nowhere"),
        embedded_database(closed_folder),
    ):
        pass


def may_run(identity: dict, python: str) -> bool:
    """Whether the account may run this interpreter, and it is of our version."""
    import_libraries = f"import sys; sys.path += {sys.path!r}; import asyncpg"
    try:
        asked = subprocess.run([python, "-c", import_libraries], cwd="/", check=False, **identity)
    except PermissionError:
        return False
    return asked.returncode == 0


@as_root
def test_as_a_normal_user_it_is_his(cluster_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    shutil.chown(cluster_folder, nobody.pw_uid, nobody.pw_gid)
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    python = next(filter(partial(may_run, identity), (sys.executable, "/usr/bin/python3")), None)
    if python is None:
        pytest.skip("no interpreter here that a normal user may run")
    with holding(cluster_folder, python, **identity) as holder:
        assert holder.url()
        assert (cluster_folder / "postgres").stat().st_uid == nobody.pw_uid
        assert (cluster_folder / "postgres" / "password").stat().st_uid == nobody.pw_uid
        holder.leave()


def test_the_password_is_ours_alone(cluster_folder: Path) -> None:
    cluster = Cluster(cluster_folder / "postgres")
    cluster.make()
    found = (cluster.folder / "password").stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (os.geteuid(), 0o600)
