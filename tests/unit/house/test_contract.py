"""The names that people type and other programs read: each is built, or is still to come.

Whoever builds one takes it out of what is to come; whoever finds one dead adds it there.
"""

from bot import access, cli
from bot.settings import Settings

SETTINGS_TO_COME = {
    *("REMIND_AFTER", "ESCALATE_AFTER"),  # with cards that live
    *("ALERTS_LIVE_FOR", "AUTOMATION_API_KEY", "HOOK_SECRET", "HEARTBEAT_URL"),  # the change-over
    *("TELEGRAM_WEBHOOK_URL", "TELEGRAM_WEBHOOK_SECRET"),
    "LOG_RETENTION_MONTHS",
}
SETTINGS = {
    *("DATABASE_URL", "DATA_DIR"),
    *("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL"),
    *("ATTIC_TECH_API_URL", "ATTIC_TECH_WEB_URL", "ATTIC_TECH_OVERLAP", "ATTIC_TECH_COLLECTIONS"),
    *("ATTIC_TECH_EMAIL", "ATTIC_TECH_PASSWORD", "ATTIC_TECH_API_KEY"),
    *("SYNC_INTERVAL", "SYNC_BLIND_AFTER", "OPERATION_MANAGER_TELEGRAM_IDS", "ALERTS"),
    *("HTTP_HOST", "HTTP_PORT", "ALLOW_PLAIN_HTTP", "LOG_FORMAT", "LOG_LEVEL"),
    *("DEFAULT_LANGUAGE", "TIME_ZONE"),
}
#: Refused with a sentence until they are built, since without them something else happens.
REFUSED = {"ALERTS_LIVE_FOR", "TELEGRAM_WEBHOOK_URL"}
#: Not of the contract.
BESIDE = {"ATTIC_TECH_PEOPLE"}

ROUTES_TO_COME = {
    *(("GET", "/metrics"), ("GET", "/openapi.json")),
    *(("GET", "/api/job-sync/sold-estimates"), ("POST", "/api/job-sync/sold-estimates")),
    *(("GET", "/api/job-sync/state-changes"), ("POST", "/api/job-sync/state-changes")),
    *(("POST", "/telegram/webhook"), ("POST", "/hooks/attic-tech")),
}
SUBCOMMANDS_TO_COME = {"doctor"}
COMMANDS_TO_COME = {"today", "settings", "history", "stuck", "stats"}


def test_every_setting_is_built_or_still_to_come() -> None:
    assert not SETTINGS & SETTINGS_TO_COME
    assert REFUSED <= SETTINGS_TO_COME
    assert {name.upper() for name in Settings.model_fields} - BESIDE == SETTINGS | REFUSED


def test_every_subcommand_is_built_or_still_to_come() -> None:
    built = {command.name for command in cli.COMMANDS if command.built}
    assert built == {"run", "demo", "sync", "migrate", "people", "why"}
    assert {command.name for command in cli.COMMANDS} - built == SUBCOMMANDS_TO_COME


def test_every_route_is_built_or_still_to_come_and_then_says_so() -> None:
    """That it says so is held in tests/integration/edge."""
    assert set(access.ROUTES) - ROUTES_TO_COME == {("GET", "/healthz"), ("GET", "/readyz")}
    assert set(access.ROUTES) >= ROUTES_TO_COME


def test_every_command_in_telegram_is_built_or_still_to_come() -> None:
    assert not COMMANDS_TO_COME & set(access.COMMANDS)
    built = "start help whoami myjobs job status sync link invite team why"
    assert set(access.COMMANDS) == set(built.split())
