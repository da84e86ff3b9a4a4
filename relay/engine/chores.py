"""Knows the housekeeping: when it is due. It runs between two batches, on the lock's connection.

How much time it may take while batches move: `engine/loop.py:Chores`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from relay.base.codes import End
from relay.base.errors import Unavailable
from relay.base.values import Status
from relay.cobra.capture import NotCapturable, verify
from relay.cobra.identity import note_verified
from relay.cobra.lock import Lock
from relay.cobra.outbox import Outbox
from relay.database import PAUSING, Dialect, Failure
from relay.engine.loop import Chore, Chores
from relay.engine.step import Drain
from relay.engine.years import Years
from relay.settings import Settings

log = structlog.get_logger()
PURGE_MINUTES = 10
_NOT_OURS = (Failure.LOCKED, *PAUSING)
"""What the loop answers, whatever was being done."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A chore by its name, and how often it is due."""

    name: str
    seconds: int
    chore: Chore

    def told_to(self, passed: Callable[[str], None], dialect: Dialect) -> Duty:
        """Return it as one that tells, as `chore:` and its name, each time it went well.

        What fails otherwise than by the database's own trouble is told, and due again in its time:
        housekeeping ends no relay.
        """

        def chore() -> bool:
            try:
                has_more = self.chore()
            except Unavailable:
                raise
            except Exception as error:
                if isinstance(error, DBAPIError) and dialect.failure(error) in _NOT_OURS:
                    raise
                log.exception("chore_failed", chore=self.name)
                return False
            passed(f"chore:{self.name}")
            return has_more

        return Duty(self.name, self.seconds, chore)


Housework = Callable[[Lock, Years], Duty]
"""How an optional part makes its chore, of what it may write to and of whom it may ask."""


def purge(outbox: Outbox, settings: Settings) -> bool:
    """Delete one chunk of what has been kept long enough; returns whether more is left."""
    keep = settings.retention
    deleted = outbox.purge([Status.NOT_FOR_SAGE], keep.not_for_sage)
    deleted += outbox.purge([Status.APPLIED, Status.SKIPPED], keep.outbox)
    if deleted:
        log.info("purged", entries=deleted)
    return deleted > 0


def purge_ledger(years: Years, settings: Settings) -> bool:
    """Delete one chunk of old ledger rows in each year; returns whether more may be left."""
    deleted = years.purge_ledgers(settings.retention.ledger)
    if deleted:
        log.info("purged_ledger", rows=deleted)
    return deleted > 0


def recheck(outbox: Outbox) -> bool:
    """Try again what is held for a reason that may have gone away in Sage."""
    outbox.recheck(End.SAGE)
    return False


def check_triggers(lock: Lock, settings: Settings) -> bool:
    """Say loudly when a capture trigger is missing, switched off or different."""
    if triggers_are_right(lock, settings):
        note_verified(lock)
    return False


def triggers_are_right(lock: Lock, settings: Settings) -> bool:
    """Tell whether the triggers are as configured, and say what is not.

    A captured table or column that is away, as amid an update of cobra, may be back the next time.
    """
    try:
        with lock.reading() as connection:
            findings = verify(connection, settings)
    except NotCapturable as absent:
        for problem in absent.problems:
            log.warning("captured_away", code=problem.code, **problem.values)
        return False
    for finding in findings:
        log.error("trigger_wrong", code=finding.code, **finding.values)
    return not findings


def chores_of(drain: Drain, years: Years, settings: Settings) -> list[Duty]:
    """Return the core's own chores."""
    outbox, lock, often = drain.outbox, drain.lock, settings.relay
    return [
        Duty("purge", PURGE_MINUTES * 60, lambda: purge(outbox, settings)),
        Duty("purge_ledger", PURGE_MINUTES * 60, lambda: purge_ledger(years, settings)),
        Duty("recheck", often.recheck_seconds, lambda: recheck(outbox)),
        Duty("triggers", often.trigger_check_seconds, lambda: check_triggers(lock, settings)),
    ]


@contextmanager
def schedule(chores: Chores, due: Iterable[Duty]) -> Iterator[None]:
    """Let each chore have its turn when it is due, while the context lasts."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    scheduler.add_listener(_failed, EVENT_JOB_ERROR)
    for duty in due:
        scheduler.add_job(chores.put, "interval", args=[duty.chore], seconds=duty.seconds)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _failed(event: JobExecutionEvent) -> None:
    log.error("chore_not_queued", job=event.job_id, error=repr(event.exception))
