"""The relay as a process of its own, which can be told where to kill itself.

`python -m tests.soak.child SETTINGS.json [--die-at MILESTONE --occurrence N --note FILE]`, or
`--drain [--batches N]`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event

from relay.cli.run import parts
from relay.engine.apply import Milestone
from relay.engine.pulse import Pulse
from relay.engine.service import drain_until_empty, nothing, run
from relay.settings import Settings


class EnoughError(Exception):
    """Ends a drain before the outbox is empty."""


def main() -> None:
    """Run until killed, or with `--drain` until the outbox is empty."""
    told = argparse.ArgumentParser()
    told.add_argument("settings", type=Path)
    told.add_argument("--die-at")
    told.add_argument("--occurrence", type=int, default=1)
    told.add_argument("--note", type=Path)
    told.add_argument("--drain", action="store_true")
    told.add_argument("--batches", type=int)
    args = told.parse_args()
    settings = Settings(**json.loads(args.settings.read_text(encoding="utf-8")))
    if args.drain:
        moved = drained(settings, args.batches)
        sys.stdout.write(f"{json.dumps({'moved': moved, 'peak_kib': peak_kib()})}\n")
        return
    milestone = dying(args.die_at, args.occurrence, args.note) if args.die_at else nothing
    run_until_told(settings, milestone)


def drained(settings: Settings, batches: int | None) -> int:
    """Drain until the outbox is empty, or for so many batches; returns how many were moved."""
    moved: list[int] = []

    def count(step: int) -> None:
        moved.append(step)
        if len(moved) == batches:
            raise EnoughError

    with suppress(EnoughError):
        drain_until_empty(settings, count)
    return sum(moved)


def run_until_told(settings: Settings, milestone: Milestone) -> None:
    """Run until SIGTERM; in a thread, since to set an event within a handler can hang."""
    stop = Event()
    signals: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: signals.append(number))
    with ThreadPoolExecutor(1) as pool:
        others = replace(parts(settings, Pulse()), milestone=milestone)
        work = pool.submit(run, settings, stop, others)
        while not wait([work], timeout=0.2).done:
            if signals:
                stop.set()
        work.result()


def dying(name: str, occurrence: int, note: Path) -> Milestone:
    """Return a milestone that kills this process when `name` is reached the n-th time."""
    seen = 0

    def milestone(reached: str) -> None:
        nonlocal seen
        seen += reached == name
        if seen == occurrence:
            note.write_text(reached, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    return milestone


def peak_kib() -> int:
    """Return this process's peak of resident memory.

    Linux counts into `ru_maxrss` what the parent held when it started us; VmHWM is our own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
