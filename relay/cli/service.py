"""Knows the commands that make the relay a Windows service; elsewhere they say what to do."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

import click

from relay.base.errors import Refused
from relay.cli.frame import Caller, calling, command, described

WINDOWS = ("win32",)
NAME = "cobra-sage-relay"
"""The service's own name in Windows; a second one beside it needs another."""
ACCOUNT = r"NT SERVICE\cobra-sage-relay"
"""A virtual account: Windows makes it with the service and keeps its password."""
_NAMES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def _checked(ctx: click.Context, _param: click.Parameter, name: str) -> str:
    if not _NAMES.fullmatch(name):
        raise click.BadParameter(calling(ctx).text("service_name_odd"))
    return name


named = click.option(
    "--name", default=NAME, show_default=True, callback=_checked, help=described("service_named")
)


@click.group(help=described("service"))
def service() -> None:
    """Group what concerns the Windows service."""


@command("install", service)
@named
@click.option("--account", help=described("service_account"))
def install(who: Caller, name: str, account: str | None) -> None:
    """Register it, once the configuration can be used."""
    windows = _windows()
    who.settings.fingerprint()  # complains here about what would end in the event log
    account = account or ACCOUNT.replace(NAME, name)
    password = None
    if not account.upper().startswith("NT ") and not account.endswith("$"):
        password = click.prompt(who.text("service_password", account=account), hide_input=True)
    shown = who.text("service_name")  # Windows shows no two services under one name
    shown = shown if name == NAME else f"{shown} ({name})"
    windows.install(who.config, (name, shown, who.text("service_about")), account, password)
    start = "relay service start" if name == NAME else f"relay service start --name {name}"
    who.say("service_installed", account=account, start=start)


def _deed(what: str, done: str) -> click.Command:
    """Return a command that tells Windows to do something with it; `done` says that it did."""

    @command(what, service)
    @named
    def deed(who: Caller, name: str) -> None:
        getattr(_windows(), what)(name)
        who.say(done)

    return deed


start = _deed("start", "service_started")
stop = _deed("stop", "service_stopped")
remove = _deed("remove", "service_removed")


def _windows() -> Any:
    """Import what needs pywin32.

    Raises:
        Refused: this is no Windows, or pywin32 is not installed.
    """
    if sys.platform not in WINDOWS:
        raise Refused("service_elsewhere")
    try:
        return import_module("relay.cli.windows_service")
    except ImportError as error:
        raise Refused("service_without_pywin32", what=error) from error
