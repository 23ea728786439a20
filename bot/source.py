"""Attic Tech as the settings name it."""

from bot.failures import CommandFailed
from bot.settings import Settings
from sync.attic_tech.client import AtticTech
from sync.attic_tech.login import ApiKey, Gate, Password
from sync.postgres.pool import Pool
from sync.reconcile.people import Making


def open_source(settings: Settings, pool: Pool) -> AtticTech:
    """The client of Attic Tech, to be entered; its logins wait for each other through `pool`."""
    return AtticTech(
        settings.attic_tech_api_url,
        credential(settings),
        Gate(pool),
        given=settings.attic_tech_collections,
    )


def making(settings: Settings) -> Making | None:
    """That users of Attic Tech become people of ours, None unless the settings say so. The account
    that we read with never does.
    """
    return Making(settings.attic_tech_email) if settings.creates_people else None


def credential(settings: Settings) -> Password | ApiKey:
    """Who we are to Attic Tech; a key goes before e-mail and password."""
    if settings.attic_tech_api_key:
        return ApiKey(settings.attic_tech_api_key.get_secret_value())
    if settings.attic_tech_email and settings.attic_tech_password:
        return Password(settings.attic_tech_email, settings.attic_tech_password.get_secret_value())
    raise CommandFailed("Neither an account nor a key for Attic Tech is given.")
