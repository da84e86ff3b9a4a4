"""Knows the commands for the capture triggers: `triggers show | install | verify | drop`."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.engine import Engine

from relay.admin.status import asking
from relay.base import texts
from relay.base.errors import Exit
from relay.cli.frame import Caller, Group, command, described
from relay.cobra import capture
from relay.cobra.identity import last_verified
from relay.database import schema
from relay.database.connecting import cobra_engine, opened
from relay.database.scripts import script_of


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
