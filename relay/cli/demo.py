"""Knows the command `demo`: the relay at work on people and firms that it makes up."""

from __future__ import annotations

from pathlib import Path

import click

from relay.base.errors import Refused
from relay.cli import logs
from relay.cli.frame import Caller, command, described
from relay.cli.options import FOLDER


@command("demo")
@click.option("--folder", type=FOLDER, required=True, help=described("demo_folder"))
@click.option("--databases-only", is_flag=True, help=described("demo_databases"))
@click.option("--print", "count", type=click.IntRange(1, 30), help=described("demo_print"))
def demo(who: Caller, folder: Path, count: int | None, *, databases_only: bool) -> None:
    """Run the demo; it makes up people and firms, so it is imported only here."""
    try:
        from relay.extras.demo import practice  # noqa: PLC0415 - slow to import
        from relay.extras.demo import run as run_demo  # noqa: PLC0415 - the same
    except ImportError as error:
        raise Refused("cli_demo_missing") from error
    logs.configure(quiet=True)
    if databases_only:
        practice.build(folder, who.console, who.language)
    elif count is not None:
        practice.print_out(folder, count, who.console, who.language)
    else:
        run_demo(folder, who.console, who.language)
