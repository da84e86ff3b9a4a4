"""`relay run` as a process: it works until a signal, and ends with the status that is due."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from threading import Event
from typing import Any

import orjson
import pytest

from relay.cli import run as work
from relay.engine.service import Parts
from relay.settings import Settings
from tests.world.company import World
from tests.world.desk import Desk

PATIENCE_S = 60


def until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a condition, or for the process to end before its time."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_on_a_signal(desk: Desk, world: World, number: signal.Signals) -> None:
    """It drains while it runs, ends with 0 on the signal, and logs one JSON object a line."""
    key = world.add()
    process = desk.start("run")
    try:
        until(lambda: world.statuses(key) == ["applied"], process)
        process.send_signal(number)
        _out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0, err
    told = [orjson.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert [line["event"] for line in told if line["level"] == "info"][-1] == "stopped"
    world.assert_nothing_double()


def test_refusal_has_its_own_status(desk: Desk, world: World) -> None:
    """Without triggers it refuses with 4 and the way out, and no traceback."""
    assert desk.relay("triggers", "drop").exit_code == 0
    assert world.entries() == []
    process = desk.start("run")
    _out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 4, err
    assert "relay triggers install" in err
    assert "Traceback" not in err


def test_a_bug_ends_the_process(desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown exception in the working thread comes out of the command, for a traceback."""
    assert world.entries() == []

    def broken(_settings: Settings, _stop: Event, _parts: Parts) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(work, "run_service", broken)
    result: Any = desk.relay("run")
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)
