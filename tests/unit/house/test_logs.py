"""Ours and the libraries' log lines come out alike, and show no secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

TOKEN = "123456789:" + "A" * 35


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_of_aiogram_has_the_shape_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    structlog.get_logger("ours").info("run_succeeded", run=3)
    logging.getLogger("aiogram.dispatcher").warning("Failed to fetch %s", "updates")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours.pop("timestamp").endswith("Z")
    assert theirs.pop("timestamp").endswith("Z")
    assert ours == {"event": "run_succeeded", "run": 3, "level": "info", "logger": "ours"}
    assert theirs == {
        "event": "Failed to fetch updates",
        "level": "warning",
        "logger": "aiogram.dispatcher",
    }


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_is_printed_not_even_in_a_traceback(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format, "info", ["hunter2", "hunter2-and-more"])
    try:
        raise ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe with hunter2-and-more")
    except ValueError:
        logging.getLogger("aiohttp.client").exception("request failed")
        structlog.get_logger().exception("request_failed", header="JWT eyJhb.eyJpZCI6.c2ln")
    printed = capsys.readouterr().err
    assert "request failed" in printed
    assert "Traceback" in printed
    for secret in (TOKEN, "hunter2", "and-more", "eyJpZCI6"):
        assert secret not in printed


def test_a_secret_too_short_to_be_one_does_not_blank_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json", "info", ["a", "run", "four", ""])
    structlog.get_logger("ours").info("a_run", password="four")
    printed = json.loads(capsys.readouterr().err)
    assert (printed["event"], printed["password"]) == ("a_run", "***")


def test_what_is_below_the_level_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", "warning")
    structlog.get_logger().info("nothing")
    logging.getLogger("aiogram").info("nothing")
    logging.getLogger("aiohttp.access").info("GET /healthz")
    assert capsys.readouterr().err == ""


def test_libraries_that_repeat_what_we_say_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console", "debug")
    logging.getLogger("alembic.runtime.plugins").info("setup plugin")
    logging.getLogger("asyncpg.pool").warning("Failed to restore the pool connection floor")
    structlog.get_logger("stamina").warning("stamina.retry_scheduled")
    assert capsys.readouterr().err == ""
