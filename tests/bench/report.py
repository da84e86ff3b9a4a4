"""Keeps what was measured, and writes RESULTS.md from it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DIALECTS = {"sqlite": "SQLite", "mssql": "T-SQL server (Babelfish 4.3)"}
HEAD = """\
# What was measured

Written by `make bench` (`python -m tests.bench`), from `results.json` beside it. Each figure is a
median, and each ratio was measured within one run, its two sides taking turns on the same
databases: ratios hold on another machine, absolute figures do not. The load is the machine's load
average at the end of a measurement; above the number of cores, others were at work at the same
time, and everything that is not a ratio is too slow.

The baseline is written by hand for this one configuration: it reads and writes the same rows in the
same transactions with the bare driver, without checks, plans, errors or holds. On the T-SQL server
it is there twice: `executemany` writes as programs that use the driver itself do, `OPENJSON` with
one parameter of JSON for each statement, as the relay does and as well as SQL Server allows: the
ratio to it is the distance to what can be reached. A test compares what all leave behind.
"""
NOTES = FOLDER / "notes.md"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    what: str
    value: str
    target: str = ""
    met: bool | None = None
    """Whether the target is met; None where there is none."""


def at_least(what: str, value: float, least: float, more: str = "") -> Figure:
    """Return a ratio that must not be smaller."""
    return Figure(what, f"{value:.2f}{more}", f"≥ {least}", value >= least)


def at_most(what: str, value: float, most: float, unit: str, more: str = "") -> Figure:
    """Return a figure that must not be greater."""
    return Figure(what, f"{value:.3g} {unit}{more}", f"≤ {most:g} {unit}", value <= most)


def keep(dialect: str, name: str, command: str, figures: Sequence[Figure]) -> None:
    """Put a measurement into the place of an earlier one, and write the report anew."""
    file = FOLDER / "results.json"
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    load, *_ = os.getloadavg() if hasattr(os, "getloadavg") else (0.0,)
    kept[f"{dialect} {name}"] = {
        "command": command,
        "day": datetime.now(tz=UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python"
        f" {platform.python_version()}",
        "load": f"{load:.1f}",
        "figures": [asdict(figure) for figure in figures],
    }
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "RESULTS.md").write_text(rendered(kept), encoding="utf-8")


def rendered(kept: dict[str, Any]) -> str:
    """Return the report."""
    lines = [HEAD]
    for dialect, title in DIALECTS.items():
        mine = {name.split()[1]: told for name, told in kept.items() if name.startswith(dialect)}
        if mine:
            lines.append(f"## {title}\n")
        for name, told in sorted(mine.items()):
            lines += [
                f"### {name}\n",
                f"`{told['command']}`, {told['day']}, {told['machine']}, load {told['load']}\n",
                "| | measured | target | |",
                "|---|---|---|---|",
                *(_row(figure) for figure in told["figures"]),
                "",
            ]
    lines.append(NOTES.read_text(encoding="utf-8") if NOTES.exists() else "")
    return "\n".join(lines)


def _row(figure: dict[str, Any]) -> str:
    met = {None: "", True: "met", False: "**missed**"}[figure["met"]]
    return f"| {figure['what']} | {figure['value']} | {figure['target']} | {met} |"
