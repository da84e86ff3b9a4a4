"""Knows the options that several commands have, and what each hands over."""

from __future__ import annotations

from getpass import getuser
from pathlib import Path

import click

from relay.base.values import Person
from relay.cli.frame import calling, described

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

as_json = click.option("--json", "as_json", is_flag=True, help=described("json"))
csv_file = click.option("--csv", "csv_file", type=FILE, help=described("csv"))
everything = click.option("--all", "everything", is_flag=True, help=described("all"))
yes = click.option("--yes", is_flag=True, help=described("yes"))


def _person(ctx: click.Context, _parameter: click.Parameter, reason: str) -> Person:
    """Return who acts, and why; refuse a reason that says nothing."""
    if not reason.strip():
        raise click.BadParameter(calling(ctx).text("cli_reason_blank"))
    return Person(getuser(), reason)


reason = click.option(
    "--reason", "person", required=True, help=described("reason"), callback=_person
)
"""Hands over the person who acts, with the reason that is kept."""
