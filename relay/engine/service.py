"""Knows how the parts become a running relay: lock, takeover, loop, standby, stop."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import Refused, Unavailable, Unfit
from relay.base.values import Problem, RecordId
from relay.cobra.capture import verify
from relay.cobra.capture.conditions import require_conditions
from relay.cobra.deliveries import Recorder, Say
from relay.cobra.identity import identify
from relay.cobra.lock import Lock, hold
from relay.cobra.tables import source_tables
from relay.database import Failure, dialect_of, schema
from relay.database.connecting import cobra_engine, connect, year_engines
from relay.engine.apply import Milestone
from relay.engine.chores import Housework, chores_of, schedule, triggers_are_right
from relay.engine.ends import OutboxEnds
from relay.engine.loop import Chores, Pace, run_loop
from relay.engine.pulse import Pulse
from relay.engine.step import Drain
from relay.engine.years import Years
from relay.sage.opening import openers
from relay.sage.port import Opener
from relay.settings import Settings

log = structlog.get_logger()
STANDBY_S = 0.5
"""How often a standby tries the lock: takeover is a matter of seconds."""
COBRA_PAUSE_S = 2.0
LONGEST_PAUSE_S = 30.0
"""Between two tries to log in: a wrong password, too often, locks a Windows account."""


def nothing(_name: str) -> None:
    """Pass a step's boundary: what the relay does there, and tests replace."""


def sayer(settings: Settings) -> Say:
    """Return how problems are put into words, in the configured language."""

    def say(problem: Problem, record: RecordId) -> str:
        return texts.of_record(problem, record, settings.language)

    return say


def sage_openers(settings: Settings) -> dict[str, Opener]:
    """Return how each Sage year is opened."""
    return openers(settings, year_engines(settings))


@contextmanager
def taken_over(
    lock: Lock,
    settings: Settings,
    milestone: Milestone = nothing,
    recorders: Sequence[Recorder] = (),
    opened_by: Callable[[Settings], Mapping[str, Opener]] = sage_openers,
) -> Iterator[tuple[Drain, Years]]:
    """Refuse what must be refused, take a new epoch everywhere, and give what drains.

    `opened_by` says by which road the Sage years are reached.

    Raises:
        Refused: a condition is never or always true, the triggers do not match the mapping, or a
            database was restored or copied.
    """
    say = sayer(settings)
    with lock.reading() as connection:
        schema.require(connection, "source")
        require_conditions(connection, settings)
        findings = verify(connection, settings)
    if findings:
        raise Unfit(findings[0].code, **findings[0].values)
    identity = identify(lock, settings.fingerprint())
    years = Years(lock, settings, opened_by(settings), say)
    try:
        log.info("took_over", epoch=years.take_over(identity))
        ends = OutboxEnds(lock, settings, say, recorders)
        drain = Drain(lock, years, settings, ends, milestone)
        years.start(drain.outbox)
        _spare_the_collector()
        yield drain, years
    finally:
        years.close()


def _spare_the_collector() -> None:
    """Let Python look for cycles only among what batches leave behind, not among all modules.

    That look was a fifth of the time of a batch.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@dataclass(frozen=True, slots=True)
class Parts:
    """What takes part beside the core, handed in by whoever starts the relay."""

    recorders: Sequence[Recorder] = ()
    """Write more with each acknowledgement."""
    housework: Sequence[Housework] = ()
    """Have something to do now and then."""
    pulse: Pulse = field(default_factory=Pulse)
    """Hears of each step that was made, so that a relay that hangs is noticed."""
    milestone: Milestone = nothing
    """Hears of each boundary within a step, and of each chore that went well."""

    def joined_by(self, recorder: Recorder, duty: Housework, milestone: Milestone) -> Parts:
        """Return these parts with one more, which hears of what the others hear."""

        def both(name: str) -> None:
            self.milestone(name)
            milestone(name)

        return replace(
            self,
            recorders=(*self.recorders, recorder),
            housework=(*self.housework, duty),
            milestone=both,
        )


CORE = Parts()
"""Nobody else."""


def run(settings: Settings, stop: Event, parts: Parts = CORE) -> None:
    """Run until `stop`: as the one relay, or standing by until the other one is gone.

    Raises:
        Refused: nothing may be written; the text names the way out.
    """
    pulse = parts.pulse
    engine = cobra_engine(settings)
    started = Event()
    announced = False
    pause_s = COBRA_PAUSE_S
    while not stop.is_set():
        pulse.beat()
        try:
            with hold(engine) as lock:
                pause_s = COBRA_PAUSE_S
                fits = lock is None or _work(lock, settings, stop, parts, started)
            if not fits:
                stop.wait(LONGEST_PAUSE_S)  # without the lock: one of another version may fit
            if lock is not None:
                announced = False
                continue
            _stand_by(engine, settings, announced=announced)
            if not announced:
                pulse.say("service_stands_by")
            announced = True
            started.set()
            stop.wait(STANDBY_S)
        except Unavailable as error:
            text = texts.of_error(error, settings.language)
            log.warning("cobra_away", code=error.code, text=text)
            pulse.say("service_without_cobra")
            announced = False
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        except DBAPIError as error:
            if dialect_of(engine).failure(error) is not Failure.LOCKED:
                raise
            log.info("takeover_locked")  # somebody has a row of ours open: from the start
            stop.wait(STANDBY_S)


def _work(lock: Lock, settings: Settings, stop: Event, parts: Parts, started: Event) -> bool:
    """Work until `stop`; returns whether cobra is as configured, or raises if it never was."""
    chores = Chores()
    pulse = parts.pulse

    def passed(name: str) -> None:
        pulse.beat()
        parts.milestone(name)

    try:
        with taken_over(lock, settings, passed, parts.recorders) as (drain, years):
            due = chores_of(drain, years, settings)
            due += [begin(lock, years) for begin in parts.housework]
            with schedule(chores, [duty.told_to(passed, lock.dialect) for duty in due]):
                started.set()
                pulse.say("service_works")
                pace = Pace(settings.relay.poll_ms / 1000, pulse.beat)
                run_loop(drain, years, chores, stop, pace)
    except Unfit as error:
        if not started.is_set():
            raise
        if triggers_are_right(lock, settings):  # by now; else it said what is not
            log.warning("captured_away", code=error.code, **error.values)
        pulse.say("service_without_cobra")
        return False
    log.info("stopped")
    return True


def _stand_by(engine: Engine, settings: Settings, *, announced: bool) -> None:
    if announced:
        return
    identity = source_tables(dialect_of(engine).name).identity
    with connect(engine, "cobra") as connection:
        query = select(identity.c.fingerprint, identity.c.relay).where(identity.c.id == 1)
        row = connection.execute(query).one_or_none()
    if row is not None and row.fingerprint not in (None, settings.fingerprint()):
        raise Refused("other_configuration", relay=row.relay)
    log.info("standing_by", relay=row.relay if row is not None else None)


def drain_until_empty(
    settings: Settings,
    progress: Callable[[int], None] = lambda _moved: None,
    milestone: Milestone = nothing,
    recorders: Sequence[Recorder] = (),
) -> int:
    """Move everything that is due, then stop; returns how many records were moved.

    Raises:
        Refused: another relay works, or nothing may be written.
    """
    moved = 0
    with hold(cobra_engine(settings)) as lock:
        if lock is None:
            raise Refused("another_relay_works")
        with taken_over(lock, settings, milestone, recorders) as (drain, _years):
            while (step := drain.step()) > 0:
                moved += step
                progress(step)
    return moved
