"""Knows the command `migrate`: cobra and each year to the newest version."""

from __future__ import annotations

from typing import cast

import click
from sqlalchemy.engine import Engine, make_url

from relay.base.errors import Exit, Unavailable
from relay.cli.frame import Caller, command, described
from relay.database import dialect_of, schema
from relay.database.connecting import cobra_engine, explained, opened, year_engines
from relay.extras.documents import views


@command("migrate")
@click.option("--sql", type=click.Choice(["source", "target"]), help=described("migrate_sql"))
def migrate(who: Caller, sql: str | None) -> None:
    """Bring cobra and every year that can be reached to the newest version."""
    if sql is not None:
        section = cast("schema.Section", sql)
        click.echo(schema.script(section, _dialect(who, section)).encode())
        return
    cobra = cobra_engine(who.settings)
    upgrade(who, cobra, "source", "cobra")
    if who.settings.documents is not None:
        with explained(cobra, "cobra"), cobra.begin() as connection:
            views.create(connection, who.settings)
        who.say("cli_views_created")
    away = False
    for name, engine in year_engines(who.settings).items():
        try:
            upgrade(who, engine, "target", f"Sage {name}")
        except Unavailable as error:
            who.complain(error)
            away = True
    if away:
        who.say("cli_migrate_away")
        raise click.exceptions.Exit(Exit.UNAVAILABLE)


def upgrade(who: Caller, engine: Engine, section: schema.Section, what: str) -> None:
    """Bring a database to the newest version, and say which it had."""
    with opened(engine, what) as connection, connection.begin():
        was = schema.current(connection, section)
    with explained(engine, what):
        schema.upgrade(engine, section)
    now = schema.head(section)
    if was == now:
        who.say("cli_migrate_nothing", database=what, now=now)
    else:
        who.say("cli_migrated", database=what, was=was, now=now)


def _dialect(who: Caller, section: schema.Section) -> str:
    settings = who.settings  # no password is asked for, since nothing is connected
    url = settings.cobra.url if section == "source" else settings.sage.year[0].url
    return dialect_of(make_url(url)).name
