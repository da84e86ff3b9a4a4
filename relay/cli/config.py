"""Knows the command `config`, with which an admin tries what is written in relay.toml."""

from __future__ import annotations

import click

from relay.cli.frame import Caller, Group, command, described


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
