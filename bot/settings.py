"""Every setting of the program: its name, its default, what it must be, and which command needs it.

Built once at the entry, frozen, and passed on as arguments. Values come from the environment, else
from `.env` in the working folder; an empty value, in either, means that the setting is not given.
"""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import env_file
from bot.addresses import database_address, is_open, passwords_in, web_address
from bot.failures import UsageFailed
from sync.attic_tech import names
from sync.attic_tech.documents import COLLECTIONS

Need = Literal["telegram", "attic_tech"]

#: In the working folder.
ENV_FILE = ".env"

_DURATION = re.compile(r"(\d+)\s*([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def duration(text: Any) -> Any:
    """`90`, `90s`, `15m` and `1h` as a timedelta; what is no text is left to the field's type."""
    if not isinstance(text, str):
        return text
    if not (parts := _DURATION.fullmatch(text.strip().lower())):
        raise ValueError("not a duration")
    return timedelta(seconds=int(parts[1]) * _SECONDS[parts[2]])


def _ids(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    return tuple(int(part) for part in text.split(",") if part.strip())


def _collections(text: Any) -> Any:
    return names.parse(text) if isinstance(text, str) else text


def _database_url(url: SecretStr) -> SecretStr:
    return SecretStr(database_address(url.get_secret_value()))


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise ValueError("not a token")
    return token


def _zone(name: Any) -> Any:
    # ZoneInfo raises KeyError for an unknown name, and ValueError for a path.
    try:
        return ZoneInfo(name) if isinstance(name, str) else name
    except (KeyError, OSError) as error:
        raise ValueError("not a time zone") from error


def _folder(path: Path) -> Path:
    return path.expanduser().absolute()


def _lower(text: Any) -> Any:
    return text.strip().lower() if isinstance(text, str) else text


Duration = Annotated[timedelta, BeforeValidator(duration)]
Ids = Annotated[tuple[Annotated[int, Field(gt=0)], ...], NoDecode, BeforeValidator(_ids)]
Url = Annotated[str, AfterValidator(web_address)]
Word = BeforeValidator(_lower)
Collections = Annotated[dict[str, str], NoDecode, BeforeValidator(_collections)]

_OPEN = "without a user and a password in it"  # it stands in logs and messages


class Settings(BaseSettings):
    """The settings. A description completes both "NAME must be ..." and "NAME is missing: ..."."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=ENV_FILE)

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        None,
        description="the address of a writable PostgreSQL, postgresql://user:password@host/name, "
        "in which characters of a password like # / ? @ are percent-encoded (%23 %2F %3F %40); "
        "without it an embedded PostgreSQL is started under DATA_DIR",
    )
    data_dir: Annotated[Path, AfterValidator(_folder)] = Field(
        Path(".data"), validate_default=True, description="a folder of our own"
    )
    telegram_bot_token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        None, description="the token that @BotFather gave your bot, like 123456:ABC-DEF"
    )
    telegram_api_url: Url = Field(
        "https://api.telegram.org",
        description=f"the http(s) address of a Bot API server, {_OPEN}",
    )
    telegram_webhook_url: Url | None = Field(
        None, description="the https address under which Telegram reaches us"
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="the secret that Telegram repeats in each webhook call"
    )
    attic_tech_api_url: Url = Field(
        "https://www.attic-tech.com/api",
        description=f"the http(s) address of Attic Tech's API, {_OPEN}",
    )
    attic_tech_email: str | None = Field(
        None, description="the e-mail of an account of our own in Attic Tech, not shared"
    )
    attic_tech_password: SecretStr | None = Field(None, description="that account's password")
    attic_tech_api_key: SecretStr | None = Field(
        None, description="that account's API key, in place of e-mail and password"
    )
    attic_tech_web_url: Url = Field(
        "https://www.attic-tech.com",
        description=f"the http(s) address that links in messages begin with, {_OPEN}",
    )
    attic_tech_overlap: Annotated[Duration, Field(ge=timedelta(0))] = Field(
        timedelta(seconds=120),
        description="a number of seconds, longer than Attic Tech's longest write",
    )
    attic_tech_collections: Collections = Field(
        {},
        description="Attic Tech's names for "
        f"{', '.join(COLLECTIONS[:-1])} or {COLLECTIONS[-1]}, like estimates=job-estimates,"
        "clients=customers; without it they are found",
    )
    attic_tech_people: Annotated[Literal["match", "create"], Word] | None = Field(
        None,
        description="match or create; default: match, and create on the embedded database",
    )
    sync_interval: Annotated[Duration, Field(ge=timedelta(seconds=1))] = Field(
        timedelta(seconds=60), description="a number of seconds, 1 or more"
    )
    sync_blind_after: Annotated[Duration, Field(ge=timedelta(seconds=1))] = Field(
        timedelta(seconds=600), description="a number of seconds, 1 or more"
    )
    operation_manager_telegram_ids: Ids = Field(
        (), description="Telegram ids separated by commas: the operators"
    )
    alerts: Annotated[Literal["telegram", "make", "shadow"], Word] = Field(
        "telegram", description="telegram, make or shadow"
    )
    alerts_live_for: str | None = Field(
        None, description="branches and people, like branch:San Diego,employee:12"
    )
    remind_after: Duration = Field(timedelta(minutes=15), description="a duration, like 15m")
    escalate_after: Duration = Field(timedelta(minutes=60), description="a duration, like 60m")
    http_host: str = Field("127.0.0.1", description="the address to listen on")
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="a port, 0 to 65535 (0: any free one)"
    )
    automation_api_key: SecretStr | None = Field(
        None, description="the key that Make sends as X-API-Key"
    )
    hook_secret: SecretStr | None = Field(
        None, description="the secret that Attic Tech's hook sends"
    )
    allow_plain_http: bool = Field(
        False, description="true or false: whether secrets may go to other machines over http://"
    )
    heartbeat_url: Url | None = Field(
        None, description="an http(s) address that is called while all promises are kept"
    )
    log_format: Annotated[Literal["console", "json"], Word] = Field(
        "console", description="console or json"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", description="debug, info, warning or error"
    )
    log_retention_months: Annotated[int, Field(ge=1)] = Field(
        6, description="a number of months, 1 or more"
    )
    default_language: Annotated[Literal["en", "es"], Word] = Field("en", description="en or es")
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default_factory=lambda: ZoneInfo("America/Los_Angeles"),
        description="a time zone, like America/Los_Angeles",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, given: dict[str, Any]) -> dict[str, Any]:
        # Here and not by `env_ignore_empty`: `DATABASE_URL= jobsync run` must win over `.env`.
        return {
            name: value
            for name, value in given.items()
            if not isinstance(value, str) or value.strip()
        }

    @property
    def creates_people(self) -> bool:
        """Whether users of Attic Tech who are nobody here become people of BotZilla's."""
        if self.attic_tech_people is None:
            return self.database_url is None
        return self.attic_tech_people == "create"

    def secrets(self) -> list[str]:
        """What no log may show: every secret given, and the password within DATABASE_URL."""
        values = [getattr(self, name) for name in type(self).model_fields if name != "database_url"]
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        if self.database_url:
            secrets += passwords_in(self.database_url.get_secret_value())
        return secrets


#: What a command may need beyond what has a default: each line is satisfied by any of its groups.
NEEDS: dict[Need, tuple[tuple[str, ...], ...]] = {
    "telegram": (("telegram_bot_token",),),
    "attic_tech": (("attic_tech_email", "attic_tech_password"), ("attic_tech_api_key",)),
}


WHERE = "Give them in the environment or in the file .env here; .env.example shows every setting."


def _description(name: str) -> str:
    return str(Settings.model_fields[name].description)


def _missing(settings: Settings, need: Need, wrong: Collection[str]) -> Iterator[str]:
    """A sentence for each setting that `need` lacks; an alternative begun is the one completed."""
    groups = NEEDS[need]
    if any(all(name in wrong or getattr(settings, name) for name in group) for group in groups):
        return
    begun = max(groups, key=lambda group: sum(bool(getattr(settings, name)) for name in group))
    for name in begun:
        if not getattr(settings, name) and name not in wrong:
            yield f"{name.upper()} is missing: {_description(name)}."
    for group in groups:
        if group != begun:
            yield f"  Or give {' and '.join(group).upper()} instead."


def _not_built(settings: Settings) -> Iterator[str]:
    if settings.alerts != "telegram":
        yield f"ALERTS={settings.alerts} is not built yet: only telegram is."
    if settings.alerts_live_for:
        yield "ALERTS_LIVE_FOR is not built yet: leave it empty."
    if settings.telegram_webhook_url:
        yield "TELEGRAM_WEBHOOK_URL is not built yet: leave it empty for long polling."


#: Addresses that a password, a key or a token is sent to.
_SECRETS_GO_TO = ("telegram_api_url", "attic_tech_api_url")


def _exposed(settings: Settings) -> Iterator[str]:
    for name in _SECRETS_GO_TO:
        if is_open(getattr(settings, name)) and not settings.allow_plain_http:
            yield (
                f"{name.upper()} must begin with https://: a secret is sent there, and whoever is "
                f"between could read it. Only on this machine itself it may be http://, or with "
                f"ALLOW_PLAIN_HTTP=true where the network between is your own."
            )


def load(*needs: Need, **given: Any) -> Settings:
    """The settings of this process; what is `given` by name wins over the environment.

    Raises UsageFailed with one sentence for every setting that is wrong, missing or not built yet,
    or one for a file `.env` that cannot be read to its end.
    """
    env_file.check(Path(ENV_FILE).absolute())
    wrong: dict[str, None] = {}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]): None for problem in error.errors()}
        sound = {
            name: Settings.model_fields[name].get_default(call_default_factory=True)
            for name in wrong
        }
        settings = Settings(**given | sound)  # so that what is missing is named in the same breath
    problems = [f"{name.upper()} must be {_description(name)}." for name in wrong]
    missing = [line for need in needs for line in _missing(settings, need, wrong)]
    problems += [*missing, WHERE] if missing else []
    problems += [*_exposed(settings), *_not_built(settings)]
    if problems:
        raise UsageFailed("\n".join(problems))
    return settings
