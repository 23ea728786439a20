"""The file `.env`: what stands in it counts, or the command ends; nothing in it is passed over."""

from pathlib import Path

import pytest

from bot.env_file import check
from bot.failures import UsageFailed
from bot.settings import load


def complaint(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(UsageFailed) as failed:
        check(path)
    return str(failed.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# nothing\n\nHTTP_PORT=1\r\nexport LOG_LEVEL='in\nfo' # two lines\n",
        '\ufeffTIME_ZONE="Año"\nEMPTY=\n'.encode(),
    ],
)
def test_a_file_that_is_read_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    check(tmp_path / ".env")


def test_no_file_is_none_that_could_be_wrong(tmp_path: Path) -> None:
    check(tmp_path / ".env")
    check(tmp_path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'DATABASE_URL="postgresql://us:s3cret@h/x\n', 1),
        (b"HTTP_PORT=1\n\n\nDATABASE_URL='postgresql://us:s3cret@h/x\n", 4),
        (b"HTTP_PORT=1\nDATABASE_URL postgresql://us:s3cret@h/x\n", 2),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_not_quoted(
    tmp_path: Path, content: bytes, line: int
) -> None:
    path = tmp_path / ".env"
    assert complaint(path, content) == (
        f"{path}, line {line}, is not NAME=value: a quote may not be closed."
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("HTTP_PORT=1\n".encode("utf-16"), 1),
        ("HTTP_PORT=1\n".encode("utf-16-le"), 1),
        ("HTTP_PORT=1\nTIME_ZONE=Año\n".encode("latin-1"), 2),
    ],
)
def test_what_is_no_utf8_is_named(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / ".env"
    assert complaint(path, content) == f"{path}, line {line}, is no UTF-8: save the file as UTF-8."


def test_a_file_that_gives_nothing_is_named() -> None:
    with pytest.raises(UsageFailed, match=r"^/proc/self/mem cannot be read: "):
        check(Path("/proc/self/mem"))


def test_settings_are_not_made_of_a_file_that_is_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text('DATABASE_URL="postgresql://h/x\n', encoding="utf-8")
    with pytest.raises(UsageFailed, match=r"\.env, line 1, "):
        load()
