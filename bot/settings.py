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
    Secret,
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
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def _text(read: Any) -> BeforeValidator:
    """Reads a text; what is none, as a default, is left to the field's type."""
    return BeforeValidator(lambda given: read(given.strip()) if isinstance(given, str) else given)


def _duration(text: str) -> timedelta:
    """`90`, `90s`, `15m` and `1h`."""
    if not (parts := re.fullmatch(r"(\d+)\s*([smh]?)", text.lower())):
        raise ValueError("not a duration")
    return timedelta(seconds=int(parts[1]) * _SECONDS[parts[2]])


Duration = Annotated[timedelta, _text(_duration)]
Ids = Annotated[
    tuple[Annotated[int, Field(gt=0)], ...],
    NoDecode,
    _text(lambda text: [part for part in text.split(",") if part.strip()]),
]
Url = Annotated[str, AfterValidator(web_address)]
Collections = Annotated[dict[str, str], NoDecode, _text(names.parse)]
Word = _text(str.lower)
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
_OPEN = "without a user and a password in it"  # it stands in logs and messages


class Settings(BaseSettings):
    """The settings. A description completes both "NAME must be ..." and "NAME is missing: ..."."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=ENV_FILE)

    database_url: Secret[Annotated[str, AfterValidator(database_address)]] | None = Field(
        None,
        description="the address of a writable PostgreSQL, postgresql://user:password@host/name, "
        "in which characters of a password like # / ? @ are percent-encoded (%23 %2F %3F %40); "
        "without it an embedded PostgreSQL is started under DATA_DIR",
    )
    data_dir: Folder = Field(
        Path(".data"), validate_default=True, description="a folder of our own"
    )
    telegram_bot_token: Secret[Annotated[str, Field(pattern=r"^\d+:\S+$")]] | None = Field(
        None, description="the token that @BotFather gave your bot, like 123456:ABC-DEF"
    )
    telegram_api_url: Url = Field(
        "https://api.telegram.org",
        description=f"the http(s) address of a Bot API server, {_OPEN}",
    )
    telegram_webhook_url: None = Field(None, description="left empty: it is not built yet")
    attic_tech_api_url: Url = Field(
        "https://www.attic-tech.com/api",
        description=f"the http(s) address of Attic Tech's API, {_OPEN}",
    )
    attic_tech_email: str | None = Field(
        None, description="the e-mail of an account of our own in Attic Tech, not shared"
    )
    attic_tech_password: Secret[str] | None = Field(None, description="that account's password")
    attic_tech_api_key: Secret[str] | None = Field(
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
    alerts: Annotated[Literal["telegram"], Word] = Field(
        "telegram", description="telegram (make and shadow are not built yet)"
    )
    alerts_live_for: None = Field(None, description="left empty: it is not built yet")
    http_host: str = Field("127.0.0.1", description="the address to listen on")
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="a port, 0 to 65535 (0: any free one)"
    )
    allow_plain_http: bool = Field(
        False, description="true or false: whether secrets may go to other machines over http://"
    )
    log_format: Annotated[Literal["console", "json"], Word] = Field(
        "console", description="console or json"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", description="debug, info, warning or error"
    )
    default_language: Annotated[Literal["en", "es"], Word] = Field("en", description="en or es")
    time_zone: ZoneInfo = Field(
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
        given = {name: value for name, value in self if isinstance(value, Secret)}
        address = given.pop("database_url", None)
        secrets = [secret.get_secret_value() for secret in given.values()]
        return secrets + (list(passwords_in(address.get_secret_value())) if address else [])


#: What a command may need beyond what has a default: each line is satisfied by any of its groups.
NEEDS: dict[Need, tuple[tuple[str, ...], ...]] = {
    "telegram": (("telegram_bot_token",),),
    "attic_tech": (("attic_tech_email", "attic_tech_password"), ("attic_tech_api_key",)),
}


WHERE = "Give them in the environment or in the file .env here; .env.example shows every setting."
#: Addresses that a password, a key or a token is sent to.
_SECRETS_GO_TO = ("telegram_api_url", "attic_tech_api_url")


def _description(name: str) -> str:
    return str(Settings.model_fields[name].description)


def _missing(settings: Settings, need: Need, wrong: Collection[str]) -> Iterator[str]:
    """A sentence for each setting that `need` lacks; an alternative begun is the one completed."""

    def given(name: str) -> bool:
        return name in wrong or bool(getattr(settings, name))

    begun = max(NEEDS[need], key=lambda group: (all(map(given, group)), sum(map(given, group))))
    if lacking := [name for name in begun if not given(name)]:
        for name in lacking:
            yield f"{name.upper()} is missing: {_description(name)}."
        for group in NEEDS[need]:
            if group != begun:
                yield f"  Or give {' and '.join(group).upper()} instead."


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

    Raises UsageFailed with one sentence for every setting that is wrong or missing, or one for a
    file `.env` that cannot be read to its end.
    """
    env_file.check(Path(ENV_FILE).absolute())
    sound: dict[str, Any] = {}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            sound[name] = Settings.model_fields[name].get_default(call_default_factory=True)
        settings = Settings(**given | sound)  # so that what is missing is named in the same breath
    problems = [f"{name.upper()} must be {_description(name)}." for name in sound]
    missing = [line for need in needs for line in _missing(settings, need, sound)]
    problems += [*missing, WHERE] if missing else []
    problems += _exposed(settings)
    if problems:
        raise UsageFailed("\n".join(problems))
    return settings
