"""What may be set, what it means, and what is said when it is wrong."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.failures import UsageFailed
from bot.settings import WHERE, Settings, load
from bot.source import making
from sync.reconcile.people import Making

ROOT = Path(__file__).parents[3]
COMPLETE = {
    "telegram_bot_token": "123456:secret-token",
    "attic_tech_email": "bot@attic.example",
    "attic_tech_password": "secret-password",
}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def complaints(*needs: str, **given: object) -> list[str]:
    with pytest.raises(UsageFailed) as failed:
        load(*needs, **given)
    return str(failed.value).splitlines()


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load()
    assert settings.database_url is None
    assert settings.data_dir == Path.cwd() / ".data"
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.attic_tech_api_url == "https://www.attic-tech.com/api"
    assert settings.attic_tech_web_url == "https://www.attic-tech.com"
    assert settings.attic_tech_overlap == timedelta(seconds=120)
    assert settings.attic_tech_people is None
    assert settings.attic_tech_collections == {}
    assert settings.allow_plain_http is False
    assert settings.sync_interval == timedelta(seconds=60)
    assert settings.sync_blind_after == timedelta(seconds=600)
    assert settings.operation_manager_telegram_ids == ()
    assert (settings.alerts, settings.alerts_live_for) == ("telegram", None)
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert (settings.log_format, settings.log_level) == ("console", "info")
    assert settings.default_language == "en"
    assert settings.time_zone.key == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("given", "creates"),
    [
        ({}, True),
        ({"database_url": "postgresql://x/y"}, False),
        ({"attic_tech_people": "match"}, False),
        ({"database_url": "postgresql://x/y", "attic_tech_people": " Create "}, True),
    ],
)
def test_people_are_created_by_themselves_only_on_the_embedded_database(
    given: dict[str, str], creates: bool
) -> None:
    settings = load(attic_tech_email="bot@attic.example", **given)
    assert settings.creates_people is creates
    assert making(settings) == (Making("bot@attic.example") if creates else None)


def test_the_example_names_every_setting_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert set(lines) == {name.upper() for name in Settings.model_fields}
    given = {name.lower(): value for name, value in lines.items()}
    assert Settings(**given) == Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().http_port = 1


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HTTP_PORT=1\nLOG_LEVEL=debug\n", encoding="utf-8")
    monkeypatch.setenv("HTTP_PORT", "2")
    settings = load()
    assert (settings.http_port, settings.log_level) == (2, "debug")


def test_an_empty_value_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", " ")
    monkeypatch.setenv("HTTP_PORT", "")
    assert load().http_port == 8080
    assert complaints("telegram")[0].startswith("TELEGRAM_BOT_TOKEN is missing: ")


def test_an_empty_value_in_the_environment_hides_the_one_in_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("DATABASE_URL=postgresql://production.example/x\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "")
    assert load().database_url is None


def test_everything_wrong_and_missing_is_named_at_once() -> None:
    said = complaints("telegram", "attic_tech", sync_interval="0", attic_tech_email="a@b.example")
    assert [line.split(" ")[0] for line in said[:-1] if not line.startswith(" ")] == [
        "SYNC_INTERVAL",
        "TELEGRAM_BOT_TOKEN",
        "ATTIC_TECH_PASSWORD",
    ]
    assert said[-2:] == ["  Or give ATTIC_TECH_API_KEY instead.", WHERE]


def test_where_to_give_them_is_told_only_to_whom_something_is_missing() -> None:
    assert WHERE not in complaints("telegram", telegram_bot_token="1:a", sync_interval="0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "mysql://somewhere/x"),
        ("telegram_bot_token", "no-token"),
        ("database_url", "postgresql://us:s3cr#t@127.0.0.1:1/x"),
        ("telegram_api_url", "api.telegram.org"),
        ("telegram_api_url", "http://127.0.0.1:99999"),
        ("attic_tech_api_url", "http://us:s3cret@attic.example/api"),
        ("attic_tech_web_url", "http://[::1"),
        ("attic_tech_overlap", "-1"),
        ("attic_tech_collections", "estimate=job-estimates"),
        ("attic_tech_collections", "estimates=job estimates"),
        ("attic_tech_collections", "estimates=../users"),
        ("attic_tech_collections", "jobs="),
        ("attic_tech_collections", "jobs:jobs"),
        ("attic_tech_collections", "clients=a,clients=b"),
        ("attic_tech_collections", "clients=a,roles=a"),
        ("allow_plain_http", "perhaps"),
        ("attic_tech_people", "guess"),
        ("sync_interval", "soon"),
        ("sync_blind_after", "0"),
        ("operation_manager_telegram_ids", "12,@name"),
        ("operation_manager_telegram_ids", "0"),
        ("alerts", "pigeon"),
        ("sync_interval", "15x"),
        ("http_port", "65536"),
        ("log_format", "xml"),
        ("log_level", "loud"),
        ("default_language", "fr"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(name: str, value: str) -> None:
    (said,) = complaints(**{name: value})
    assert re.fullmatch(rf"{name.upper()} must be .+\.", said)
    assert value not in said, "a wrong value may be a secret in the wrong place"


def test_a_password_that_cuts_its_address_in_two_is_told_how_to_write_it() -> None:
    (said,) = complaints(database_url="postgresql://us:s3cr/t@127.0.0.1:1/x")
    assert said == (
        "DATABASE_URL must be the address of a writable PostgreSQL,"
        " postgresql://user:password@host/name, in which characters of a password like # / ? @ are"
        " percent-encoded (%23 %2F %3F %40); without it an embedded PostgreSQL is started under"
        " DATA_DIR."
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"alerts": "make"}, "ALERTS"),
        ({"alerts": "shadow"}, "ALERTS"),
        ({"alerts_live_for": "branch:San Diego"}, "ALERTS_LIVE_FOR"),
        ({"telegram_webhook_url": "https://bot.example/telegram/webhook"}, "TELEGRAM_WEBHOOK_URL"),
    ],
)
def test_what_is_not_built_yet_says_so(given: dict[str, str], name: str) -> None:
    (said,) = complaints(**given)
    assert said.startswith(name)
    assert "not built yet" in said


def test_what_attic_tech_calls_its_collections_may_be_said() -> None:
    settings = load(attic_tech_collections=" estimates=job-estimates, clients = crew_Customers2,")
    assert settings.attic_tech_collections == {
        "estimates": "job-estimates",
        "clients": "crew_Customers2",
    }


@pytest.mark.parametrize("name", ["attic_tech_api_url", "telegram_api_url"])
@pytest.mark.parametrize(
    "address",
    [
        "http://attic.example/api",
        "http://10.0.0.7:8081",
        "http://telegram-bot-api:8081",
        "HTTP://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0:80",
    ],
)
def test_a_secret_crosses_no_network_readable_unless_that_is_said(name: str, address: str) -> None:
    (said,) = complaints(**{name: address})
    assert said.startswith(f"{name.upper()} must begin with https://")
    assert "ALLOW_PLAIN_HTTP=true" in said
    assert getattr(load(**{name: address}, allow_plain_http="true"), name) == address


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8081", "http://127.1.2.3", "http://LocalHost/api", "http://[::1]:8443/api"],
)
def test_on_this_machine_nobody_is_between(address: str) -> None:
    assert load(attic_tech_api_url=address, telegram_api_url=address).telegram_api_url == address


def test_an_api_key_stands_for_email_and_password() -> None:
    settings = load("attic_tech", attic_tech_api_key="key")
    assert settings.attic_tech_email is None


def test_durations_and_lists_are_read_as_people_write_them() -> None:
    settings = load(
        sync_interval="2m",
        sync_blind_after="1h",
        attic_tech_overlap="90",
        operation_manager_telegram_ids=" 12, 7 ,",
        log_format="JSON",
    )
    assert settings.sync_interval == timedelta(minutes=2)
    assert settings.sync_blind_after == timedelta(hours=1)
    assert settings.attic_tech_overlap == timedelta(seconds=90)
    assert settings.operation_manager_telegram_ids == (12, 7)
    assert settings.log_format == "json"


def test_a_secret_shows_neither_in_print_nor_is_it_forgotten_for_the_logs() -> None:
    settings = load(
        "telegram", "attic_tech", **COMPLETE, database_url="postgresql://us:p%40ss@h1,h2:5433/x"
    )
    assert not [secret for secret in settings.secrets() if secret in repr(settings)]
    assert sorted(settings.secrets()) == [
        "123456:secret-token",
        "p%40ss",
        "p@ss",
        "secret-password",
    ]
