"""`python -m tests.bench`: on SQLite, and on the server that RELAY_TEST_MSSQL names."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable

import structlog

from tests.bench.answers import answers
from tests.bench.backlog import memory
from tests.bench.comparing import compare
from tests.bench.drain import addresses, invoices
from tests.bench.growth import growth
from tests.bench.looking import look
from tests.bench.page import page
from tests.bench.peers.comparing import absent, peers
from tests.bench.polling import polling
from tests.bench.rehearsal import rehearsal
from tests.bench.report import Figure, keep
from tests.bench.running import idling, latency, starting
from tests.bench.sizes import SIZES, Sizes
from tests.soak.__main__ import say, server
from tests.world.servers import Server

BENCHMARKS: dict[str, Callable[[Server, Sizes], list[Figure]]] = {
    "addresses": addresses,
    "invoices": invoices,
    "latency": latency,
    "polling": polling,
    "memory": memory,
    "starting": starting,
    "idling": idling,
    "rehearsal": rehearsal,
    "answers": answers,
    "look": look,
    "growth": growth,
    "compare": compare,
    "page": page,
    "peers": peers,
}


def main() -> None:
    """Measure what is asked for, and write the report."""
    told = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    told.add_argument("what", nargs="*", choices=[*BENCHMARKS, []], help="all, if not given")
    told.add_argument("--only", choices=("sqlite", "mssql"))
    told.add_argument("--sizes", choices=tuple(SIZES), default="full")
    told.add_argument("--dry", action="store_true", help="show the figures, write no report")
    args = told.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for dialect in [args.only] if args.only else ["sqlite", "mssql"]:
        if dialect == "mssql" and not os.environ.get("RELAY_TEST_MSSQL"):
            say("mssql: skipped, RELAY_TEST_MSSQL is not set")
            continue
        for name in args.what or BENCHMARKS:
            if name == "peers" and (reason := _without_peers(dialect)):
                say(f"{dialect} peers: skipped, {reason}")
                continue
            with server(dialect) as where:
                figures = BENCHMARKS[name](where, SIZES[args.sizes])
            tell(f"{dialect} {name}", figures)
            if not args.dry:
                command = f"python -m tests.bench {name} --only {dialect} --sizes {args.sizes}"
                keep(dialect, name, command, figures)


def _without_peers(dialect: str) -> str:
    """Return why the peers are not measured, if they are not."""
    if dialect != "sqlite":
        return "the others are compared on SQLite"
    if missing := absent():
        return f"{' and '.join(missing)} not installed: pip install --editable '.[dev,peers]'"
    return ""


def tell(what: str, figures: list[Figure]) -> None:
    """Show figures to people."""
    for figure in figures:
        met = {None: "", True: ", met", False: ", MISSED"}[figure.met]
        target = f" ({figure.target}{met})" if figure.target else ""
        say(f"{what}: {figure.what}: {figure.value}{target}")


if __name__ == "__main__":
    main()
