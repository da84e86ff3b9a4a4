"""`python -m tests.soak`: on SQLite always, and on the server that RELAY_TEST_MSSQL names."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.soak.memory import measure
from tests.soak.running import Plan, soak
from tests.world.databases import make_databases
from tests.world.servers import MssqlServer, MssqlSession, Server, SqliteServer


def main() -> int:
    """Run on each dialect; 1 if any promise was broken."""
    told = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    told.add_argument("--invoices", action="store_true", help="clerks write invoices instead")
    told.add_argument("--changes", type=int, help="20,000 changes of addresses, or 5,000 invoices")
    told.add_argument("--kills", type=int, default=20)
    told.add_argument("--clerks", type=int, default=5)
    told.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    told.add_argument("--memory", action="store_true", help="measure a long backlog instead")
    told.add_argument("--only", choices=("sqlite", "mssql"))
    args = told.parse_args()
    broken = 0
    for dialect in [args.only] if args.only else ["sqlite", "mssql"]:
        if dialect == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
            say("mssql: skipped, RELAY_TEST_MSSQL is not set")
            continue
        with server(dialect) as where:
            if args.memory:
                broken += not measure(where, lambda line, on=dialect: say(f"{on}: {line}"))  # type: ignore[misc]
            else:
                changes = args.changes or (5_000 if args.invoices else 20_000)
                plan = Plan(changes, args.kills, args.clerks, args.seed, args.invoices)
                broken += not _soaked(where, plan)
    return int(broken > 0)


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _soaked(where: Server, plan: Plan) -> bool:
    on = where.dialect
    what = "invoices" if plan.invoices else "changes"
    say(f"{on}: {plan.changes} {what}, {plan.kills} kills, {plan.clerks} clerks, seed {plan.seed}")
    summary = soak(make_databases(where), plan, lambda line: say(f"{on}: {line}"))
    for line in summary.lines():
        say(f"{on}: {line}")
    enough = summary.between >= plan.kills // 4
    say(f"{on}: {'well' if enough and not summary.violations else 'FAILED'}, seed {plan.seed}")
    return enough and not summary.violations


@contextmanager
def server(dialect: str) -> Iterator[Server]:
    """Give a place for databases, which are gone afterwards."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory(prefix="relay-soak-") as folder:
            yield SqliteServer(Path(folder), Path(folder), durable=True)
        return
    session = MssqlSession(make_url(os.environ["RELAY_TEST_MSSQL"]))
    try:
        with session.test():
            yield MssqlServer(session)
    finally:
        session.close()


if __name__ == "__main__":
    sys.exit(main())
