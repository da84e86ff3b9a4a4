"""Documented cases: what stands in cobra, and what a bookkeeper expects of it in Sage."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import Databases
from tests.invoices.documented import case_files, play, read_cases


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_documented(path: Path, databases: Databases, subtests: pytest.Subtests) -> None:
    """Sage holds what the case says, to the centime; or the relay says what the case says."""
    for one in play(read_cases(path), databases):
        with subtests.test(one.case.name):
            assert one.wrong == []
