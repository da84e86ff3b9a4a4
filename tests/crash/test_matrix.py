"""A short part of the crash matrix: `make crash` plays ten thousand schedules and more."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.crash.company import ADDRESSES, BILLS
from tests.crash.conftest import Companies
from tests.crash.erasures import ErasureSchedule
from tests.crash.processes import play_with_processes
from tests.crash.schedule import EVENTS, Schedule

SEED = 1
PLAYED = {ADDRESSES: 20, BILLS: 8}
ERASED = {ADDRESSES: (60, 110), BILLS: (59, 91, 155, 267)}
"""Schedules in which erasures break off, addresses are emptied and locked, and some come back."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(PLAYED))
def test_keeps_every_promise(companies: Companies, mode: str) -> None:
    """Whatever dies or is cut off at whatever boundary: nothing lost, double, older or stuck."""
    for number in range(PLAYED[mode]):
        told = Schedule(companies(mode), SEED, number).play()
        assert told.wrong == [], f"python -m tests.crash --seed {SEED} --schedule {number}"
        assert told.events >= EVENTS
        assert told.faults.total() >= 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(ERASED))
def test_keeps_every_promise_with_erasures(companies: Companies, mode: str) -> None:
    """The same where persons are erased in between, also by an operator whose work breaks off."""
    endings: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for number in ERASED[mode]:
        told = ErasureSchedule(companies(mode), SEED, number).play()
        assert told.wrong == [], f"python -m tests.crash --erasures --schedule {number}"
        endings += told.endings
        faults += told.faults
    assert endings["erasure: idle"] >= 1
    assert endings["came back"] >= 1
    assert endings["locked" if mode == BILLS else "emptied"] >= 1
    assert any(kind.startswith("erasure: ") for kind in faults)


def test_same_number_is_the_same_schedule(companies: Companies) -> None:
    """A schedule follows from its number alone: played again, the same happens."""
    first, second = (Schedule(companies(ADDRESSES), SEED, 5).play() for _ in range(2))
    assert (first.places, first.endings, first.events) == (
        second.places,
        second.endings,
        second.events,
    )


@pytest.mark.slow
def test_killed_processes_keep_every_promise(companies: Companies) -> None:
    """The same with a relay in a process of its own, and SIGKILL."""
    told = play_with_processes(companies(ADDRESSES), SEED, 1)
    assert told.wrong == []
    assert told.faults["SIGKILL"] >= 1
