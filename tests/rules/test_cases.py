"""Documented cases: what stands in cobra, and what a bookkeeper expects of it in Sage."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.documented import Expected, case_files, play, read_cases
from tests.world.databases import Databases

ELSEWHERE = {
    16,  # a year's database says whose it is: the handshake refuses another one (tests/engine)
}
"""Rules that no invoice can break: they are tested where they are kept."""


def test_each_rule_is_accepted_and_rejected() -> None:
    """Each rule has a case that goes through, and one that is held, waits or is warned of."""
    cases = [case for path in case_files() for case in read_cases(path).case]
    went = {case.rule for case in cases if any(map(_passes, (case, *case.then)))}
    stopped = {case.rule for case in cases if not all(map(_passes, (case, *case.then)))}
    assert set(range(1, 18)) - went - ELSEWHERE == set()
    assert set(range(1, 18)) - stopped - ELSEWHERE == set()
    assert len(cases) >= 60


def _passes(step: Expected) -> bool:
    return step.state()[0] == "applied" and not step.warnings


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_documented(path: Path, databases: Databases, subtests: pytest.Subtests) -> None:
    """Sage holds what the case says, to the centime; or the relay says what the case says."""
    for one in play(read_cases(path), databases):
        with subtests.test(one.case.name):
            assert one.wrong == []
