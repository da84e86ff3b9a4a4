"""Knows the commands that make the relay a Windows service; elsewhere they say what to do."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from relay.base.errors import Refused
from relay.cli.frame import Caller, command, described

WINDOWS = ("win32",)
ACCOUNT = r"NT SERVICE\cobra-sage-relay"
"""A virtual account: Windows makes it with the service and keeps its password."""


@click.group(help=described("service"))
def service() -> None:
    """Group what concerns the Windows service."""


@command("install", service)
@click.option("--account", default=ACCOUNT, show_default=True, help=described("service_account"))
def install(who: Caller, account: str) -> None:
    """Register it, once the configuration can be used."""
    windows = _windows()
    who.settings.fingerprint()  # complains here about what would end in the event log
    password = None
    if not account.upper().startswith("NT ") and not account.endswith("$"):
        password = click.prompt(who.text("service_password", account=account), hide_input=True)
    names = (who.text("service_name"), who.text("service_about"))
    windows.install(who.config, *names, account, password)
    who.say("service_installed", account=account)


@command("start", service)
def start(who: Caller) -> None:
    """Start it."""
    _windows().start()
    who.say("service_started")


@command("stop", service)
def stop(who: Caller) -> None:
    """Stop it after the batch in hand."""
    _windows().stop()
    who.say("service_stopped")


@command("remove", service)
def remove(who: Caller) -> None:
    """Take it away."""
    _windows().remove()
    who.say("service_removed")


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
