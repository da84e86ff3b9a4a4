"""A test of the tests: the matrix finds the mistakes that relays are known for."""

from __future__ import annotations

import pytest

from tests.crash.bugs import PLANTED
from tests.crash.company import ADDRESSES, BILLS
from tests.crash.conftest import Companies
from tests.crash.schedule import Habits, Schedule

SEED = 7
ENOUGH = 200
"""Schedules after which a mistake counts as not found."""
HABITS = {
    "acknowledge before apply": (ADDRESSES, Habits(kinds={"commit lost before": 1})),
    "ledger in its own transaction": (ADDRESSES, Habits(kinds={"die": 1})),
    "poll by last id": (ADDRESSES, Habits(meanwhile=0.1, late=0.3)),
    "no fence": (ADDRESSES, Habits(kinds={"stall": 1}, busy=4)),
    "READPAST on the captured table": (
        ADDRESSES,
        Habits(meanwhile=0.1, late=0.5, clerks={"edit": 4, "edit_many": 1}),
    ),
    "acknowledge by id range": (
        BILLS,
        Habits(
            meanwhile=0.5,
            late=0.3,
            at=("listed_again", "asked", "routed", "before_ack"),
            clerks={"correct": 2, "redate": 6},
        ),
    ),
}
"""For each mistake: what is carried over, and what happens more often than by pure chance."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mistake", list(PLANTED))
def test_is_caught(companies: Companies, mistake: str) -> None:
    """Some schedule finds the mistake, and without it that one keeps every promise."""
    mode, habits = HABITS[mistake]
    company = companies(mode)
    for number in range(ENOUGH):
        schedule = Schedule(company, SEED, number, habits)
        with PLANTED[mistake](schedule):
            told = schedule.play()
        if told.wrong:
            break
    else:
        pytest.fail(f"{ENOUGH} schedules did not find it")
    assert Schedule(company, SEED, number, habits).play().wrong == []
