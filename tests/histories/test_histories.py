"""A short part of the random histories: `make histories` plays many more."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.company import ADDRESSES, BILLS
from tests.crash.conftest import Companies
from tests.histories.machine import History

PLAYED = {ADDRESSES: 8, BILLS: 4}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(PLAYED))
def test_sage_holds_what_the_model_says(companies: Companies, mode: str) -> None:
    """Whatever clerks, operators and accidents do in whatever order, the model is right."""
    machine = type("History", (History,), {"company": companies(mode)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=PLAYED[mode],
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
