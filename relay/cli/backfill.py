"""Knows the commands that concern many records: `backfill` and `purge`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from relay.admin.backfill import Backfill, Keys
from relay.admin.meant import selected_addresses
from relay.admin.recovery.opened import Opened, beside_relay
from relay.admin.repair import repairing
from relay.base.errors import Refused
from relay.base.values import FINISHED, Person, Status
from relay.cli.documents import record_history
from relay.cli.frame import Caller, command, described
from relay.cli.options import reason
from relay.database.connecting import cobra_engine, opened

RATE = 500
"""Records a second that a backfill queues, unless told otherwise."""


@command("backfill")
@click.option("--linked", is_flag=True, help=described("linked"))
@click.option("--documents", is_flag=True, help=described("backfill_documents"))
@click.option("--year", help=described("backfill_year"))
@click.option(
    "--rate", type=click.IntRange(min=1), default=RATE, show_default=True, help=described("rate")
)
@reason
def backfill(
    who: Caller, person: Person, year: str | None, rate: int, *, linked: bool, documents: bool
) -> None:
    """Queue all selected addresses, or all linked ones; goes on where it was interrupted."""
    if documents:
        record_history(who, person)
        return
    queue_addresses(who, person, before(who, year) if year else None, rate, linked=linked)


def before(who: Caller, name: str) -> str:
    """Return the year whose addresses a new year takes over: the mandant's preceding one.

    Raises:
        Refused: there is no such year, or none before it.
    """
    sage = who.settings.sage
    year = sage.named(name)
    if year is None:
        raise Refused("cli_year_unknown", year=name, known=", ".join(sage.names))
    preceding = sage.before(year)
    if preceding is None:
        raise Refused("backfill_no_year_before", year=name)
    return preceding.name


def queue_addresses(
    who: Caller,
    person: Person,
    of_year: str | None = None,
    rate: int = RATE,
    *,
    linked: bool = False,
) -> None:
    """Queue addresses: those that a year has linked, or all linked, or all selected ones."""
    linked = linked or of_year is not None or who.settings.sage.mode == "invoices"
    engine = cobra_engine(who.settings)
    years = of_year or ", ".join(who.settings.sage.names)
    kind = f"{'linked' if linked else 'selected'}: {years}"
    with beside_relay(Opened, who.settings) as recovery, opened(engine, "cobra") as connection:
        if of_year is not None and of_year not in recovery.years:
            raise Refused("backfill_year_away", year=of_year)
        of_years = None if of_year is None else [of_year]
        linked_keys: Keys = partial(recovery.linked_keys, years=of_years)
        with connection.begin():
            selected = selected_addresses(connection, who.settings.cobra.address)
            total = sum(1 for _ in linked_keys(None)) if linked else selected.count(connection)
        keys = linked_keys if linked else partial(selected.keys, connection)
        run = Backfill(connection, person, kind)
        queued, resumed = _with_bar(who, total, lambda step: run.run(keys, step, rate))
    if resumed:
        who.say("cli_backfill_resumed")
    who.say("cli_backfill_done", records=queued)


@command("purge")
@click.option("--days", type=click.IntRange(min=1), help=described("days"))
@reason
def purge(who: Caller, person: Person, days: int | None) -> None:
    """Delete finished entries that are older than the retention, or than `--days`."""
    engine, keep = cobra_engine(who.settings), who.settings.retention
    parts = [([Status.NOT_FOR_SAGE], days or keep.not_for_sage)]
    parts.append(([s for s in FINISHED if s is not Status.NOT_FOR_SAGE], days or keep.outbox))
    total = 0
    for statuses, limit in parts:
        while True:
            with repairing(engine, person) as repair:
                deleted = repair.purge(statuses, limit)
            if not deleted:
                break
            total += deleted
    with repairing(engine, person) as repair:
        repair.audit("purge", f"days={days}" if days else "retention", total)
    who.say("cli_purge_done", entries=total)


def _with_bar(
    who: Caller, total: int, work: Callable[[Callable[[int], None]], tuple[int, bool]]
) -> tuple[int, bool]:
    if not who.console.is_terminal:
        return work(lambda _step: None)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task(who.text("cli_backfilling"), total=total)
        return work(lambda step: progress.advance(bar, step))
