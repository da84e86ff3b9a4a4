"""Plays schedules in worker processes, each with databases of its own, and keeps what came out."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from tests.crash.company import ADDRESSES, BILLS, Company
from tests.crash.erasures import ErasureSchedule
from tests.crash.processes import play_with_processes
from tests.crash.schedule import Schedule
from tests.soak.__main__ import say
from tests.world.databases import make_databases
from tests.world.servers import MssqlServer, MssqlSession, Server, SqliteServer

KEPT = Path(".crash")
SHOWN = 5
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only where it is there; else the system's own folder
Played = dict[str, Any]
Task = tuple[str, str, int, int]
"""Dialect, schedules or processes or erasures, seed, number."""


def played(dialect: str, kind: str, seed: int, count: int, jobs: int) -> Iterator[Played]:
    """Play what is not in the file yet, and add it there."""
    KEPT.mkdir(exist_ok=True)
    file = KEPT / f"{dialect}-{kind}-{seed}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    known = {told["schedule"]: told for told in map(json.loads, lines) if told["schedule"] < count}
    yield from known.values()
    tasks = [(dialect, kind, seed, n) for n in range(count) if n not in known]
    spawn = multiprocessing.get_context("spawn")
    folder = IN_MEMORY if IN_MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="relay-crash-", dir=folder) as place,
        ProcessPoolExecutor(jobs, spawn, begin, (place,)) as pool,
        file.open("a", encoding="utf-8") as keep,
    ):
        for done, told in enumerate(pool.map(play, tasks), start=1):
            keep.write(json.dumps(told) + "\n")
            keep.flush()
            if told["wrong"]:
                say(f"{dialect}: {kind} {told['schedule']}: {told['wrong'][:SHOWN]}")
            if done % 500 == 0:
                say(f"{dialect}: {len(known) + done} of {count} {kind}")
            yield told


_kept: dict[tuple[str, str], Any] = {}
"""What a worker keeps: its databases, used again and again."""
_place: list[Path] = []


def begin(place: str) -> None:
    """Take the folder in which the workers may put files."""
    _place[:] = [Path(place)]


def play(task: Task) -> Played:
    """Play one schedule; one that fails by itself is told, and the others go on."""
    dialect, kind, seed, number = task
    began = time.monotonic()
    mode = BILLS if number % 4 == 3 else ADDRESSES
    try:
        if kind == "processes":
            told = play_with_processes(company_of(dialect, mode), seed, number)
        else:
            is_erasing = kind == "erasures"
            schedule = ErasureSchedule if is_erasing else Schedule
            told = schedule(company_of(dialect, mode), seed, number).play()
    except Exception:  # noqa: BLE001 - a schedule that fails by itself is told, the others go on
        _kept.pop((dialect, mode), None)  # it may have left a transaction open
        return {"schedule": number, "wrong": [traceback.format_exc()], "mode": mode}
    return {
        "schedule": number,
        "mode": mode,
        "events": told.events,
        "starts": told.starts,
        "faults": told.faults,
        "places": told.places,
        "endings": told.endings,
        "wrong": told.wrong,
        "seconds": round(time.monotonic() - began, 3),
    }


def _server(dialect: str) -> Server:
    if (dialect, "") not in _kept:
        if dialect == "sqlite":
            folder = _place[0] / str(os.getpid())
            folder.mkdir(exist_ok=True)
            _kept[dialect, ""] = SqliteServer(folder, folder)
        else:
            session = MssqlSession(make_url(os.environ["RELAY_TEST_MSSQL"]))
            stack = ExitStack()
            stack.callback(session.close)
            stack.enter_context(session.test())
            stack.callback(_leave)  # what is in use cannot be dropped
            Finalize(None, stack.close, exitpriority=1)  # a worker's way to end tidily
            _kept[dialect, "stack"] = stack
            _kept[dialect, ""] = MssqlServer(session)
    server: Server = _kept[dialect, ""]
    return server


def _leave() -> None:
    for kept in _kept.values():
        if isinstance(kept, Company):
            kept.leave()


def company_of(dialect: str, mode: str) -> Company:
    """Return the company that this process keeps; it is made the first time."""
    if (dialect, mode) not in _kept:
        _kept[dialect, mode] = Company(make_databases(_server(dialect)), mode)
    company: Company = _kept[dialect, mode]
    return company
