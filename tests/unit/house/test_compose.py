"""What `docker compose up` would start, read from compose.yaml: no Docker engine runs here."""

import re
from pathlib import Path

import pytest
import yaml

from bot.addresses import database_address
from bot.settings import Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(TEXT)["services"]
PASSWORD = "${POSTGRES_PASSWORD:-botzilla}"


def test_a_database_one_migration_and_the_bot() -> None:
    assert list(SERVICES) == ["postgres", "migrate", "bot"]
    assert all(SERVICES[name]["build"] == "." for name in ("migrate", "bot"))


def test_the_migration_runs_once_after_the_database_and_before_the_bot() -> None:
    migrate = SERVICES["migrate"]
    assert (migrate["command"], migrate["restart"]) == (["migrate", "up"], "no")
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "healthcheck" in SERVICES["postgres"]
    assert SERVICES["bot"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }


@pytest.mark.parametrize("service", ["migrate", "bot"])
def test_both_are_given_the_database_as_a_setting(service: str) -> None:
    given = SERVICES[service]["environment"]
    assert {name.lower() for name in given} <= set(Settings.model_fields)
    url = given["DATABASE_URL"].replace(PASSWORD, "botzilla")
    assert database_address(url) == "postgresql://botzilla:botzilla@postgres:5432/botzilla"


def test_the_bot_is_reached_from_this_machine_only_whatever_the_env_file_says() -> None:
    bot = SERVICES["bot"]
    assert bot["env_file"] == ".env"
    assert (bot["environment"]["HTTP_HOST"], bot["environment"]["HTTP_PORT"]) == ("0.0.0.0", "8080")
    assert bot["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in SERVICES["postgres"]


def test_one_password_is_the_only_variable_and_its_comment_says_what_it_may_be() -> None:
    assert set(re.findall(r"\$\{[^}]*\}", TEXT)) == {PASSWORD}
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"] == PASSWORD
    comments = " ".join(re.findall(r"^# (.*)$", TEXT, re.MULTILINE))
    assert (
        "POSTGRES_PASSWORD stands in an address too: letters, digits and - . _ ~ only" in comments
    )
