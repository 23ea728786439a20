"""What demos that were killed have left behind, the next one removes."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from bot.demo.children import own_folder


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(temp: Path, name: str, *, age: float = 61) -> Path:
    """A folder as a demo that was killed `age` seconds ago left it."""
    folder = temp / name
    (folder / "postgres").mkdir(parents=True)
    os.utime(folder, (time.time() - age,) * 2)
    return folder


def test_the_folder_is_gone_when_the_demo_ends_and_so_is_that_of_a_dead_one(temp: Path) -> None:
    left(temp, "jobsync-demo-dead")
    with own_folder() as folder:
        assert list(temp.iterdir()) == [folder]
    assert list(temp.iterdir()) == []


def test_demos_that_live_or_begin_and_what_is_no_demo_are_left_alone(temp: Path) -> None:
    begins, other = left(temp, "jobsync-demo-begins", age=0), left(temp, "jobsync-other")
    elsewhere = left(temp, "elsewhere")
    link = temp / "jobsync-demo-link"
    link.symlink_to(elsewhere)
    os.utime(link, (time.time() - 61,) * 2, follow_symlinks=False)
    with own_folder() as lives:
        os.utime(lives, (time.time() - 61,) * 2)
        with own_folder() as second:
            assert {*temp.iterdir()} == {begins, other, elsewhere, link, lives, second}
    assert (elsewhere / "postgres").exists()
