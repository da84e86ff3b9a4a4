"""Knows the commands that move records: `run` until a signal, `drain` to an end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from relay.admin import status as inquiry
from relay.admin.comparing import nightly
from relay.admin.monitoring import out_of_reach
from relay.admin.naming import names_of
from relay.admin.selection import EntrySelection, OpenEntry, open_entries
from relay.base import texts
from relay.base.errors import Refused
from relay.base.values import OPEN, RecordId, year_wait
from relay.cli import logs
from relay.cli.frame import NAMED, Caller, command
from relay.cobra.deliveries import Recorder
from relay.database.connecting import cobra_engine
from relay.engine.pulse import Pulse, pulse_of
from relay.engine.service import Parts, drain_until_empty, sayer
from relay.engine.service import run as run_service
from relay.extras.answers import chores, copies
from relay.extras.documents.recording import recorders
from relay.extras.mail.chores import housework as mail
from relay.extras.page.measures import Measuring
from relay.settings import Settings
from relay.settings.parts import Metrics

LEFT = 200
"""Entries of each status among which it looks for them."""
WATCH_S = 0.1
"""How often the main thread looks for a signal: a handler itself may do next to nothing."""


@command("run")
def run(who: Caller) -> None:
    """Run in a thread, so that a signal never interrupts a database call."""
    settings = who.settings
    logs.configure()
    signalled = _Signalled()
    stop = Event()
    pulse = pulse_of(os.environ, who.text)
    others = parts(settings, pulse)
    with ThreadPoolExecutor(1, "relay") as thread:
        work = thread.submit(run_service, settings, stop, others)
        while not wait([work], WATCH_S).done:
            if signalled.yes and not stop.is_set():
                with suppress(OSError):  # whoever listened may be gone
                    click.echo(who.text("cli_stopping"), err=True)
                pulse.stopping()
                stop.set()
    work.result()


def parts(settings: Settings, pulse: Pulse) -> Parts:
    """Return the optional parts that are switched on, with whoever supervises the relay."""
    housework = [
        *chores.housework(settings),
        *copies.housework(settings),
        *mail(settings, cobra_engine),
        *nightly.housework(settings),
    ]
    ours = Parts(recorders(settings, sayer(settings)), housework, pulse)
    if settings.page is not None:
        ours = Measuring().joined(ours)
    return ours if settings.metrics is None else _with_figures(settings, settings.metrics, ours)


def _with_figures(settings: Settings, metrics: Metrics, ours: Parts) -> Parts:
    try:
        from relay.extras.metrics.serving import Figures  # noqa: PLC0415 - needs another package
    except ImportError as error:
        raise Refused("cli_metrics_missing") from error
    figures = Figures(settings, metrics, cobra_engine(settings))
    figures.show()
    return figures.joined(ours)


class _Signalled:
    """Whether somebody asked us to stop. The handler only notes it: it may run at any point."""

    def __init__(self) -> None:
        self.yes = False
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last one is Windows'
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.yes = True


@command("drain")
def drain(who: Caller) -> None:
    """Move what is due, with a bar on a terminal and lines in a pipe; then say what is left."""
    settings = who.settings
    logs.configure(silent=True)
    more = recorders(settings, sayer(settings))
    with inquiry.asking(cobra_engine(settings)) as connection:
        due = inquiry.due(connection)
    if who.console.is_terminal:
        moved = _drain_with_bar(who, due, more)
    else:
        moved = drain_until_empty(settings, _Lines(who), recorders=more)
    with inquiry.asking(cobra_engine(settings)) as connection:
        state = inquiry.state(connection, settings.sage.names)
        left = [
            entry
            for status in OPEN  # each for itself: what waits for a year hides nothing that is held
            for entry in open_entries(connection, EntrySelection(), status, LEFT)
        ]
        names = names_of(connection, settings, [RecordId(one.entity, one.key) for one in left])
    who.say("cli_drain_done", moved=moved)
    for problem in out_of_reach(state):
        click.echo(texts.of_problem(problem, who.language), err=True)
    _put_left(who, state, left, names)


def _put_left(
    who: Caller,
    state: inquiry.Situation,
    left: Sequence[OpenEntry],
    names: Mapping[RecordId, str],
) -> None:
    """Say which records are left, and what each waits for; last those that a year lets go on."""
    depth = {name: of.records for name, of in state.depth.items() if name in OPEN}
    if not depth:
        return
    counts = ", ".join(f"{texts.status(name, who.language)} {n}" for name, n in depth.items())
    who.say("cli_drain_left", records=sum(depth.values()), depth=counts)
    of_years = {year_wait(year.name) for year in state.years}
    by_age = sorted(left, key=lambda one: one.id)
    newest = {RecordId(one.entity, one.key): one for one in by_age}
    first = sorted(newest, key=lambda record: newest[record].waiting_on in of_years)
    for record in first[:NAMED]:
        one = newest[record]
        name = texts.record_name(record, who.language, names.get(record))
        what = (one.text or texts.status(one.status, who.language)).removeprefix(f"{name}: ")
        who.put(f"  {texts.record_called(record, who.language, names.get(record))}: {what}")
    if len(newest) > NAMED:
        who.say("cli_drain_more")


def _drain_with_bar(who: Caller, due: int, more: Sequence[Recorder]) -> int:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task(who.text("cli_draining"), total=due)
        return drain_until_empty(
            who.settings,
            lambda moved: progress.advance(bar, moved),
            recorders=more,
        )


class _Lines:
    """Tells progress in a pipe: a line for each batch."""

    def __init__(self, who: Caller) -> None:
        self._who = who
        self._moved = 0

    def __call__(self, moved: int) -> None:
        self._moved += moved
        self._who.say("cli_drain_progress", moved=self._moved)
