"""Knows the command `uninstall`: keeps what we know in files, then leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import click

from relay.admin.uninstall import uninstalling
from relay.base import texts
from relay.base.errors import Refused
from relay.cli.frame import Caller, command, described
from relay.cli.options import FOLDER, yes
from relay.cli.recovery import confirm
from relay.database import dialect_of
from relay.database.connecting import cobra_engine, explained, year_engines


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
