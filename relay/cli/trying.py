"""Knows the commands with which an admin tries what relay.toml says: `config check`, `mail`."""

from __future__ import annotations

import click

from relay.base.errors import Refused, Unavailable
from relay.cli.frame import Caller, Group, command, described
from relay.extras.mail.letter import recipients, trial_letter
from relay.extras.mail.post import send
from relay.extras.mail.trouble import Role


@click.group(cls=Group, help=described("config"))
def config() -> None:
    """Gather what can be asked of the configuration."""


@command("check", config)
def check(who: Caller) -> None:
    """Read the configuration with its passwords, and say what is switched on."""
    settings = who.settings
    settings.cobra_url()
    for year in settings.sage.year:
        settings.year_url(year)
    settings.mail_password()
    parts = [
        f"[{name}]"
        for name, field in type(settings).model_fields.items()
        if field.default is None and getattr(settings, name) is not None
    ]
    who.say(
        "cli_config_right",
        file=who.config,
        mode=settings.sage.mode,
        years=", ".join(settings.sage.names),
        parts=", ".join(parts) or who.text("cli_config_no_parts"),
    )


@command("mail")
def mail(who: Caller) -> None:
    """Send a letter to each role, and say what the server answered."""
    settings = who.settings
    section = settings.mail
    if section is None:
        raise Refused("mail_not_configured")
    roles = [role for role in Role if recipients(section, role)]
    letters = {role: trial_letter(section, role, settings.language) for role in roles}
    refused = send(section, settings.mail_password(), letters)
    for role in roles:
        if role not in refused:
            who.say("mail_sent", to=", ".join(recipients(section, role)))
    if refused:
        raise Unavailable("mail_refused", what="; ".join(refused.values()))
