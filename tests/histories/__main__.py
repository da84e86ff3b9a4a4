"""`python -m tests.histories`: random histories on SQLite, or where RELAY_TEST_MSSQL points."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.company import ADDRESSES, BILLS
from tests.crash.playing import begin, company_of
from tests.histories.machine import History
from tests.soak.__main__ import say


def main() -> int:
    """Play; a history that breaks a promise is shortened and shown."""
    told = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--examples", type=int, default=500, help="histories of each kind")
    told.add_argument("--steps", type=int, default=40)
    told.add_argument("--only", choices=("sqlite", "mssql"), default="sqlite")
    told.add_argument("--mode", choices=(ADDRESSES, BILLS))
    args = told.parse_args()
    if args.only == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
        say("mssql: skipped, RELAY_TEST_MSSQL is not set")
        return 0
    how = settings(
        max_examples=args.examples,
        stateful_step_count=args.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with tempfile.TemporaryDirectory(prefix="relay-histories-") as place:
        begin(place)
        for mode in [args.mode] if args.mode else (ADDRESSES, BILLS):
            began = time.monotonic()
            machine = type("History", (History,), {"company": company_of(args.only, mode)})
            run_state_machine_as_test(seed(args.seed)(machine), settings=how)
            say(
                f"{args.only}, {mode}: {args.examples} histories of up to {args.steps} steps,"
                f" seed {args.seed}, {time.monotonic() - began:.0f} s, none broke a promise"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
