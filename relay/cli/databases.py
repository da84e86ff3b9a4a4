"""Knows the commands for ours in the databases: `migrate`, `triggers`, `rights`, `uninstall`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import click
from sqlalchemy.engine import URL, Engine, make_url

from relay.admin import rights as needed
from relay.admin.status import asking
from relay.admin.uninstall import uninstalling
from relay.base import texts
from relay.base.errors import Exit, Refused, Unavailable
from relay.cli.frame import Caller, Group, command, described
from relay.cli.options import FOLDER, yes
from relay.cli.recovery import confirm
from relay.cobra import capture
from relay.cobra.identity import last_verified
from relay.database import dialect_of, schema
from relay.database.connecting import cobra_engine, explained, opened, year_engines
from relay.database.scripts import script_of
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


@click.group(cls=Group, help=described("triggers"))
def triggers() -> None:
    """Group the commands."""


@command("show", triggers)
def show(who: Caller) -> None:
    """Print each trigger's SQL, ready for SSMS or the command line of SQLite."""
    engine = cobra_engine(who.settings)
    with opened(engine, "cobra") as connection, connection.begin():
        rendered = capture.render(connection, who.settings)
    script = script_of(engine.dialect.name, (trigger.sql for trigger in rendered))
    click.echo(script.encode(), nl=False)


@command("install", triggers)
def install(who: Caller) -> None:
    """Create what is missing or different, and say what was created."""
    engine = cobra_engine(who.settings)
    since = _right_until(who, engine)
    created = capture.install(engine, who.settings)
    for trigger in created:
        who.say("cli_triggers_installed", trigger=trigger.name, table=trigger.table)
    if not created:
        who.say("cli_triggers_nothing")
    elif since is not None:
        who.say("cli_triggers_since", when=since)


def _right_until(who: Caller, engine: Engine) -> datetime | None:
    """Return when the triggers were last right, if they are not now and ever were."""
    with opened(engine, "cobra") as connection, connection.begin():
        if not schema.current(connection, "source"):
            return None
        schema.require(connection, "source")
        since = last_verified(connection)
        return since if since is not None and capture.verify(connection, who.settings) else None


@command("verify", triggers)
def verify(who: Caller) -> None:
    """List what is wrong; findings have an exit status of their own."""
    with asking(cobra_engine(who.settings)) as connection:
        findings = capture.verify(connection, who.settings)
    for finding in findings:
        who.put(texts.of_problem(finding, who.language))
    if findings:
        raise click.exceptions.Exit(Exit.FINDINGS)
    who.say("cli_triggers_right")


@command("drop", triggers)
def drop(who: Caller) -> None:
    """Remove all of ours and name them."""
    dropped = capture.drop(cobra_engine(who.settings), who.settings)
    for name in dropped:
        who.say("cli_trigger_dropped", trigger=name)
    if not dropped:
        who.say("cli_triggers_none")


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


@command("uninstall")
@click.option("--export", "folder", type=FOLDER, required=True, help=described("uninstall_export"))
@click.option("--discard-open", is_flag=True, help=described("uninstall_discard"))
@yes
def uninstall(who: Caller, folder: Path, *, discard_open: bool, yes: bool) -> None:
    """Ask, export, remove; what is still open is not thrown away without being told."""
    cobra = cobra_engine(who.settings)
    with (
        explained(cobra, "cobra"),
        uninstalling(who.settings, cobra, year_engines(who.settings)) as leaving,
    ):
        still_open = leaving.open_entries()
        if still_open and not discard_open:
            raise Refused("uninstall_open", entries=still_open)
        places = ", ".join(leaving.places)
        confirm(who, who.text("uninstall_ask", places=places, entries=still_open), yes=yes)
        written = leaving.export(folder)
        who.say("uninstall_exported", rows=sum(written.values()), files=len(written), folder=folder)
        for done in leaving.remove():
            who.put(texts.of_problem(done, who.language))
    dialect_of(cobra).forget_lock(cobra.url)
    who.say("uninstall_done")
