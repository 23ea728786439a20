"""What demos that were killed have left behind, the next one removes."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from bot.demo.folder import own_folder


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(temp: Path, name: str, *, locked: bool, age: float = 0) -> Path:
    """A folder as a demo that was killed `age` seconds ago left it."""
    folder = temp / name
    (folder / "postgres").mkdir(parents=True)
    if locked:
        (folder / "demo.lock").touch()
    os.utime(folder, (time.time() - age,) * 2)
    return folder


def test_the_folder_is_gone_when_the_demo_ends(temp: Path) -> None:
    with own_folder() as folder:
        assert list(temp.iterdir()) == [folder]
    assert list(temp.iterdir()) == []


def test_the_folder_of_a_dead_demo_is_removed(temp: Path) -> None:
    left(temp, "jobsync-demo-dead", locked=True)
    left(temp, "jobsync-demo-unborn", locked=False, age=61)
    with own_folder() as folder:
        assert list(temp.iterdir()) == [folder]


def test_demos_that_live_or_begin_and_what_is_no_demo_are_left_alone(temp: Path) -> None:
    begins = left(temp, "jobsync-demo-begins", locked=False)
    other = left(temp, "jobsync-other", locked=True)
    elsewhere = left(temp, "elsewhere", locked=True)
    (temp / "jobsync-demo-link").symlink_to(elsewhere)
    with own_folder() as lives, own_folder() as second:
        assert {*temp.iterdir()} == {
            *(begins, other, elsewhere, temp / "jobsync-demo-link", lives, second)
        }
    assert (elsewhere / "postgres").exists()
