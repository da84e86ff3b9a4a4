"""Real relay processes: one is killed, the standby takes over; both stop when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from relay.base.errors import Refused
from relay.engine.service import run
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk

PATIENCE_S = 90


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; give up only when something is really broken."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(0.05)


@pytest.fixture
def start(databases: Databases, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Start `relay run` processes that log into a file each; all are gone afterwards."""
    desk = Desk(databases, tmp_path)
    started: list[subprocess.Popen[bytes]] = []

    def start_one(name: str) -> Path:
        log = tmp_path / f"{name}.log"
        with log.open("wb") as file:
            command = [sys.executable, "-m", "relay", "-c", str(desk.file), "run"]
            process = subprocess.Popen(command, stderr=file, stdout=file)  # noqa: S603 - our own program
        started.append(process)
        (tmp_path / f"{name}.pid").write_text(str(process.pid), encoding="utf-8")
        return log

    yield start_one
    for process in started:
        process.kill()
        process.wait()


def _said(log: Path, event: str) -> bool:
    return event in log.read_text(encoding="utf-8")


def test_standby_takes_over_from_a_killed_relay(
    databases: Databases, start: Callable[[str], Path], tmp_path: Path
) -> None:
    """The second process stands by; after kill -9 of the first it applies what is due, once."""
    world = World(databases)
    first = start("first")
    until(lambda: _said(first, "took_over"))
    second = start("second")
    until(lambda: _said(second, "standing_by"))
    before = world.add(SAGENR0="1")
    until(lambda: world.statuses(before) == ["applied"])
    os.kill(int((tmp_path / "first.pid").read_text(encoding="utf-8")), signal.SIGKILL)
    after = world.add(SAGENR0="2")
    until(lambda: world.statuses(after) == ["applied"])
    assert _said(second, "took_over")
    assert all(set(world.in_sage(year)) == {"1", "2"} for year in YEARS)
    world.assert_nothing_double()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("log", ["full", "broken"])
def test_log_that_takes_nothing_does_not_end_the_work(
    databases: Databases, tmp_path: Path, log: str
) -> None:
    """Its disk is full, or whoever read it is gone: records go on, and it stops when asked."""
    world = World(databases)
    desk = Desk(databases, tmp_path)
    command = [sys.executable, "-m", "relay", "-c", str(desk.file), "run"]
    if log == "full":
        writing = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, writing = os.pipe()
        os.close(reading)
    process = subprocess.Popen(command, stderr=writing, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    os.close(writing)
    try:
        world.add(SAGENR0="1")
        until(lambda: set(world.statuses()) == {"applied"} or process.poll() is not None)
        world.add(SAGENR0="2")
        until(lambda: set(world.statuses()) == {"applied"} or process.poll() is not None)
        assert set(world.statuses()) == {"applied"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()


def test_other_configuration_is_refused_as_standby(
    databases: Databases, start: Callable[[str], Path]
) -> None:
    """A second relay with another mapping does not stand by: it could take over and mismap."""
    World(databases)
    first = start("first")
    until(lambda: _said(first, "took_over"))
    other = databases.settings(cobra={"address": {"on_delete": "hold"}})

    with pytest.raises(Refused, match="other_configuration"):
        run(other, Event())
