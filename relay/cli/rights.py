"""Knows the command `rights`, which prints the SQL that gives a role what it needs."""

from __future__ import annotations

from collections.abc import Iterator

import click
from sqlalchemy.engine import URL, make_url

from relay.admin import rights as needed
from relay.base.errors import Refused
from relay.cli.frame import Caller, command, described
from relay.database import dialect_of


@command("rights")
@click.argument("role", type=click.Choice(needed.IN_COBRA))
@click.option("--user", help=described("rights_user"))
def rights(who: Caller, role: str, user: str | None) -> None:
    """Print a script for SSMS or sqlcmd, with a part for each database."""
    script = "\nGO\n".join(_statements(who, role, user))
    click.echo(f"{script}\nGO".encode())


def _statements(who: Caller, role: str, user: str | None) -> Iterator[str]:
    settings = who.settings  # no password is asked for, since nothing is connected
    cobra = make_url(settings.cobra.url)
    _refuse_sqlite(cobra)
    yield from _used(cobra)
    yield from needed.in_cobra(settings, role, user)
    if role in needed.IN_SAGE:
        for year in settings.sage.year:
            url = make_url(year.url)
            _refuse_sqlite(url)
            yield from _used(url)
            yield from needed.in_year(settings, year, role, user)


def _refuse_sqlite(url: URL) -> None:
    if dialect_of(url).name == "sqlite":
        raise Refused("cli_rights_sqlite")


def _used(url: URL) -> Iterator[str]:
    if url.database:
        yield f"USE {needed.quote(url, url.database)}"
