"""Knows the command `relay` and its subcommands; each does one thing and says what it did."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from relay import __version__
from relay.cli import logs
from relay.cli.frame import Caller, LazyGroup, described
from relay.cli.words import speak

__all__ = ["main", "relay"]


_WHERE = {
    "init": ("init",),
    "trying": ("config", "mail"),
    "databases": ("migrate", "triggers", "rights", "uninstall"),
    "doctor": ("doctor",),
    "run": ("run", "drain"),
    "demo": ("demo",),
    "service": ("service",),
    "status": ("status", "show"),
    "watch": ("watch",),
    "repair": ("list", "release", "skip", "resend", "pause", "resume"),
    "check": ("check",),
    "compare": ("compare",),
    "rehearse": ("rehearse",),
    "learn": ("learn",),
    "adopt": ("adopt",),
    "journal": ("journal",),
    "page": ("page",),
    "recovery": ("reconcile", "pair"),
    "backfill": ("backfill", "purge"),
    "documents": ("documents",),
    "privacy": ("privacy",),
    "year": ("year",),
}
"""The module of each command; it is imported when the command is called, not before."""

speak()  # before the decorators below, which say something too


@click.group(
    cls=LazyGroup,
    modules={command: f"relay.cli.{module}" for module, some in _WHERE.items() for command in some},
    help=described("relay"),
    epilog=described("exits"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("relay.toml"),
    envvar="RELAY_CONFIG",
    show_default=True,
    help=described("configuration"),
)
@click.version_option(__version__, prog_name="relay")
@click.pass_context
def relay(ctx: click.Context, config: Path) -> None:
    """Note where the configuration is; nothing is read yet."""
    logs.configure(quiet=True)
    ctx.obj = Caller(config)


def main() -> None:
    """Do what the command line says, then exit with a status of `relay.base.errors.Exit`."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # not every stream that stands in for one can do it
            stream.reconfigure(errors="replace")  # type: ignore[union-attr] # as suppressed
    relay(prog_name="relay")
