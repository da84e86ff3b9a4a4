"""`python -m tests.crash`: the crash matrix, on SQLite always, and where RELAY_TEST_MSSQL points.

Each schedule follows from the seed and its number alone: `--seed 1 --schedule 4711` plays that one
again. What was played is kept in a file of the folder `.crash`, so an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter

from tests.crash.playing import SHOWN, Played, begin, play, played
from tests.soak.__main__ import say

PLANNED = {"sqlite": (10_000, 200), "mssql": (500, 50)}
"""Dialect to schedules in one process, and schedules with processes that are killed."""


def main() -> int:
    """Play what is asked for on each dialect; 1 if any promise was broken."""
    told = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--schedules", type=int, help="how many in one process; see PLANNED")
    told.add_argument("--processes", type=int, help="how many with processes that are killed")
    told.add_argument("--schedule", type=int, help="play this one only, and tell what happens")
    told.add_argument("--erasures", action="store_true", help="schedules with erased persons")
    told.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    told.add_argument("--only", choices=("sqlite", "mssql"))
    args = told.parse_args()
    broken = 0
    for dialect in [args.only] if args.only else ["sqlite", "mssql"]:
        if dialect == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
            say("mssql: skipped, RELAY_TEST_MSSQL is not set")
            continue
        broken += _matrix(dialect, args)
    return int(broken > 0)


def _matrix(dialect: str, args: argparse.Namespace) -> int:
    schedules, processes = PLANNED[dialect]
    in_one = "erasures" if args.erasures else "schedules"
    if args.schedule is not None:
        kind = "processes" if args.processes else in_one
        with tempfile.TemporaryDirectory(prefix="relay-crash-") as place:
            begin(place)
            told = [play((dialect, kind, args.seed, args.schedule))]
        return _summary(f"{dialect}, {kind}, seed {args.seed}", told)
    schedules = schedules if args.schedules is None else args.schedules
    processes = processes if args.processes is None else args.processes
    jobs = args.jobs
    broken = 0
    for kind, count in ((in_one, schedules), ("processes", processes)):
        if count:
            told = list(played(dialect, kind, args.seed, count, jobs))
            broken += _summary(f"{dialect}, {kind}, seed {args.seed}", told)
    return broken


def _summary(what: str, results: list[Played]) -> int:
    """Say what was played; returns how many schedules broke a promise."""
    wrong = [told for told in results if told["wrong"]]
    faults: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for told in results:
        faults.update(told.get("faults", {}))
        places.update(told.get("places", {}))
    events = sum(told.get("events", 0) for told in results)
    seconds = sum(told.get("seconds", 0) for told in results)
    say(f"{what}: {len(results)} played, {events} saves of clerks, {faults.total()} faults")
    say(f"  faults: {', '.join(f'{name} {n}' for name, n in sorted(faults.items()))}")
    say(f"  at {len(places)} different boundaries: "
        + ", ".join(f"{name} {n}" for name, n in places.most_common(12)))  # fmt: skip
    say(f"  {seconds:.0f} s of work, {seconds / max(len(results), 1):.2f} s each")
    for told in wrong[:SHOWN]:
        say(
            f"  schedule {told['schedule']} ({told['mode']}): "
            + "\n    ".join(told["wrong"][:SHOWN])
        )
    say(f"  broken promises: {len(wrong)} of {len(results)} schedules")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
