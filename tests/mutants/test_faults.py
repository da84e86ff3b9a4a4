"""The faults that `make mutants` plants are still faults of this source."""

from __future__ import annotations

import ast

import pytest

from tests.mutants import ROOT, Fault, faults


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_fault_can_be_planted(fault: Fault) -> None:
    """Its place is there once, what it makes of it is Python, and its tests exist."""
    source = (ROOT / fault.file).read_text(encoding="utf-8")
    assert source.count(fault.before) == 1
    assert fault.before != fault.after
    ast.parse(source.replace(fault.before, fault.after))
    assert fault.tests
    assert all((ROOT / test.partition("::")[0]).exists() for test in fault.tests)


def test_no_two_faults_have_one_name() -> None:
    """A survivor is found by its name."""
    names = [fault.name for fault in faults()]
    assert len(names) == len(set(names))
