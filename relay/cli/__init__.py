"""Knows the command `relay` and its subcommands; each does one thing and says what it did."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from relay import __version__
from relay.cli import logs
from relay.cli.adopt import adopt
from relay.cli.asking import show, status
from relay.cli.check import check
from relay.cli.comparing import journal
from relay.cli.doctor import doctor
from relay.cli.documents import documents
from relay.cli.frame import Group, Operator, described
from relay.cli.mailing import mail
from relay.cli.recovering import backfill, pair, purge, reconcile
from relay.cli.repairing import list_open, pause, release, resend, resume, skip
from relay.cli.rights import rights
from relay.cli.service import service
from relay.cli.setup import init, migrate
from relay.cli.triggers import triggers
from relay.cli.uninstall import uninstall
from relay.cli.work import demo, drain, run
from relay.cli.year import year

__all__ = ["main", "relay"]


@click.group(
    cls=Group,
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
    help=described("config"),
)
@click.version_option(__version__, prog_name="relay")
@click.pass_context
def relay(ctx: click.Context, config: Path) -> None:
    """Note where the configuration is; nothing is read yet."""
    logs.configure(quiet=True)
    ctx.obj = Operator(config)


_COMMANDS = (
    init, doctor, rights,
    migrate, triggers, run, service, drain, status, list_open, show, check, adopt, journal,
    mail, release, skip, resend, pause, resume, reconcile, pair, backfill, purge, documents,
    demo, uninstall,
    year,
)  # fmt: skip
for _command in _COMMANDS:
    relay.add_command(_command)


def main() -> None:
    """Do what the command line says, then exit with a status of `relay.errors.Exit`."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # not every stream that stands in for one can do it
            stream.reconfigure(errors="replace")  # type: ignore[union-attr] # as suppressed
    relay(prog_name="relay")
