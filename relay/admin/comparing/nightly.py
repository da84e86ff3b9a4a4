"""Knows the nightly comparison: a chore that compares a page between two batches, once a night.

How far it is stands in cobra, so that a relay that takes over goes on there. It takes its time: a
page is small, and is followed by a look at what is due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import structlog

from relay.admin.comparing.sweep import Mark, Scope, Sweep, SweepPage
from relay.base.errors import Refused
from relay.cobra.comparisons import NightComparison, last_begun, write
from relay.cobra.lock import Lock
from relay.database import Failure
from relay.engine.asking import ReadyYears
from relay.engine.chores import Duty, Housework
from relay.engine.years import Years
from relay.settings import Settings

log = structlog.get_logger()
LOOK_S = 60
"""How often the chore looks whether a comparison is due."""
PAGE = 40
"""Records of a page: an address or invoice that is due meanwhile waits for no longer."""
NOTED = 25
"""Pages after which is written how far it is."""
FIRST_WITHIN = timedelta(hours=4)
"""How long after its time the very first one may begin: no new relay compares by day."""


def due_night(at: time, here: datetime, last: NightComparison | None) -> date | None:
    """Return the local day whose comparison is due or was interrupted. Pure; `here` is local.

    Once a day, also where the clock skips the time or shows it twice. One that was missed is made
    up for, but for the first.
    """
    today = here.date()
    if last is not None and last.night == today and last.finished_at is None:
        return today
    if here.time() < at or (last is not None and last.night >= today):
        return None
    since = datetime.combine(today, here.time()) - datetime.combine(today, at)
    return today if last is not None or since < FIRST_WITHIN else None


def local_now() -> datetime:
    """Return the time by this machine's clock, in its zone."""
    return datetime.now(UTC).astimezone()


class Nightly:
    """The comparisons of one relay while it has the lock."""

    def __init__(
        self,
        settings: Settings,
        lock: Lock,
        years: ReadyYears,
        now: Callable[[], datetime] = local_now,
        page: int = PAGE,
    ) -> None:
        """Take both sides, and a clock."""
        self._settings = settings
        self._lock = lock
        self._years = years
        self._now = now
        self._page = page
        self._pages: Iterator[SweepPage] | None = None
        self._sweep: Sweep | None = None
        self._found = NightComparison(date.min)
        self._unwritten = 0

    def chore(self) -> bool:
        """Compare a page if a comparison is due or under way; returns whether there is more."""
        try:
            return self._next()
        except Exception as error:
            self._pages = None  # by and by it goes on after the last page
            if isinstance(error, Refused):
                log.warning("compare_refused", code=error.code, **error.values)
                write(self._lock, self._found, finished=True)
                return False
            if self._lock.dialect.failure(error) is not Failure.LOCKED:
                raise
            return False

    def _next(self) -> bool:
        if self._pages is None and not self._begin():
            return False
        page = None if self._pages is None else next(self._pages, None)
        if page is None:
            self._end()
            return False
        found, kinds = self._found, Counter(self._found.kinds)
        kinds.update(str(one.kind) for one in page.findings)
        self._found = replace(
            found,
            mark=(str(page.mark.part), page.mark.after),
            records=found.records + page.records,
            not_compared=found.not_compared + page.left,
            differences=found.differences + len(page.findings),
            kinds=dict(kinds),
        )
        self._unwritten += 1
        if self._unwritten >= NOTED:
            self._write(finished=False)
        return True

    def _begin(self) -> bool:
        at = self._settings.relay.compare_at
        if at is None:
            return False
        with self._lock.reading() as connection:
            last = last_begun(connection)
        night = due_night(at, self._now(), last)
        if night is None:
            return False
        going_on = last is not None and last.night == night
        if not (going_on and self._found.night == night):  # else what is known here is newer
            self._found = last if last is not None and going_on else NightComparison(night)
        self._sweep = Sweep(self._lock, self._years, self._settings, Scope(page=self._page))
        mark = None if self._found.mark is None else Mark(*self._found.mark)
        self._pages = self._sweep.pages(mark)
        self._write(finished=False)
        return True

    def _end(self) -> None:
        self._write(finished=True)
        self._pages = None
        found = self._found
        counts = {"records": found.records, "differences": found.differences}
        if found.differences:
            log.warning("compare_found", **counts, kinds=dict(found.kinds))
        else:
            log.info("compared", **counts)

    def _write(self, *, finished: bool) -> None:
        missed = set() if self._sweep is None else self._sweep.missed
        years = tuple(sorted(missed | set(self._found.years_missed)))
        self._found = replace(self._found, years_missed=years)
        write(self._lock, self._found, finished=finished)
        self._unwritten = 0


def housework(settings: Settings) -> list[Housework]:
    """Return the chore, if it is not switched off."""
    if settings.relay.compare_at is None:
        return []

    def nightly(lock: Lock, years: Years) -> Duty:
        return Duty("compare", LOOK_S, Nightly(settings, lock, years).chore)

    return [nightly]
