"""Clerks and carriers as processes, which are killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.bench.peers.counting import Change
from tests.bench.peers.side import Place, Side
from tests.soak.killing import ROOT, DidNotHappenError, wait_for

PATIENCE_S = 120
"""How long a side may take to carry over what it has; its leases end long before."""


class Program:
    """A process, and where it writes its log."""

    def __init__(self, command: list[str], log: Path) -> None:
        """Start it."""
        self._log = log
        with log.open("ab") as told:
            self._process = subprocess.Popen(command, stdout=told, stderr=told, cwd=ROOT)  # noqa: S603

    def runs(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Return the end of its log."""
        return self._log.read_text(encoding="utf-8")[-2000:]

    def __enter__(self) -> Self:
        """Let it run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it, wherever it is."""
        self._process.kill()
        self._process.wait()


def killed(side: Side, changes: list[Change], kills: int) -> None:
    """Save all changes and carry them; clerk and carrier are killed so many times meanwhile.

    Both are killed at the same random moment, and started again.
    """
    rng = random.Random(2)  # noqa: S311 - repeatable chance
    log = side.place.folder / "log"
    for turn in range(kills):
        begin, end = (len(changes) * at // (kills + 1) for at in (turn, turn + 1))
        point = rng.randint(begin + 1, end)
        with _carrying(side, log), _saving(side, end, log):
            wait_for(f"change {point} is saved", lambda: side.saved() >= point, PATIENCE_S)  # noqa: B023
            time.sleep(rng.uniform(0, 0.02))
    with _carrying(side, log) as carrying, _saving(side, len(changes), log) as saving:
        wait_for("all is saved", lambda: not saving.runs(), 10 * PATIENCE_S)
        if side.saved() != len(changes):
            message = f"the clerk of {side.name} ended by itself:\n{saving.last_words()}"
            raise DidNotHappenError(message)
        _all_carried(side, carrying)


@contextmanager
def _carrying(side: Side, log: Path) -> Iterator[Program]:
    """Start what carries, and wait until it has carried over what was left."""
    with Program(_command("carry", side), log) as carrying:
        _all_carried(side, carrying)
        yield carrying


def _saving(side: Side, until: int, log: Path) -> Program:
    return Program(_command("save", side, "--until", str(until)), log)


def _all_carried(side: Side, carrying: Program) -> None:
    """Wait until nothing is left.

    Raises:
        DidNotHappenError: it ended by itself, or takes too long.
    """
    wait_for(
        f"{side.name} has nothing left",
        lambda: not carrying.runs() or side.left() == 0,
        PATIENCE_S,
    )
    if not carrying.runs():
        message = f"{side.name} ended by itself:\n{carrying.last_words()}"
        raise DidNotHappenError(message)


def _command(what: str, side: Side, *more: str) -> list[str]:
    place = side.place
    told = json.dumps([str(each) for each in (place.source, place.target, place.folder)])
    return [sys.executable, "-m", "tests.bench.peers", what, side.name, told, *more]


def place_of(told: str) -> Place:
    """Read where a side works from an argument."""
    return Place(*(Path(each) for each in json.loads(told)))
