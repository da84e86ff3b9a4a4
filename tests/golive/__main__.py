"""`python -m tests.golive`: on SQLite, and on the server that RELAY_TEST_MSSQL names."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.golive.going import GoLive
from tests.soak.__main__ import say, server
from tests.world.databases import make_databases


def main() -> int:
    """Go live on each dialect; 1 if any promise was broken."""
    told = argparse.ArgumentParser(prog="python -m tests.golive", description=__doc__)
    told.add_argument("--addresses", type=int, default=20_000, help="in cobra; Sage has 3/4")
    told.add_argument("--only", choices=("sqlite", "mssql"))
    args = told.parse_args()
    broken = 0
    for dialect in [args.only] if args.only else ["sqlite", "mssql"]:
        if dialect == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
            say("mssql: skipped, RELAY_TEST_MSSQL is not set")
            continue
        with server(dialect) as where, tempfile.TemporaryDirectory() as folder:
            going = GoLive(make_databases(where), Path(folder), args.addresses)
            summary = going.run(lambda line, on=dialect: say(f"{on}: {line}"))  # type: ignore[misc]
        for name, value in summary.figures.items():
            say(f"{dialect}: {name}: {value}")
        for violation in summary.violations:
            say(f"{dialect}: BROKEN: {violation}")
        broken += len(summary.violations)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
