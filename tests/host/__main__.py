"""`python -m tests.host`: on SQLite, and on the server that RELAY_TEST_MSSQL names."""

from __future__ import annotations

import argparse
import os

from tests.bench.__main__ import tell
from tests.bench.report import keep
from tests.host.triggers import SIZES, triggers
from tests.soak.__main__ import say, server


def main() -> None:
    """Measure what the triggers add, and put it into the report of the benchmarks."""
    told = argparse.ArgumentParser(prog="python -m tests.host", description=__doc__)
    told.add_argument("--only", choices=("sqlite", "mssql"))
    told.add_argument("--sizes", choices=tuple(SIZES), default="full")
    told.add_argument("--dry", action="store_true", help="show the figures, write no report")
    args = told.parse_args()
    for dialect in [args.only] if args.only else ["sqlite", "mssql"]:
        if dialect == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
            say("mssql: skipped, RELAY_TEST_MSSQL is not set")
            continue
        with server(dialect) as where:
            figures = triggers(where, SIZES[args.sizes])
        tell(f"{dialect} triggers", figures)
        if not args.dry:
            command = f"python -m tests.host --only {dialect} --sizes {args.sizes}"
            keep(dialect, "triggers", command, figures)


if __name__ == "__main__":
    main()
