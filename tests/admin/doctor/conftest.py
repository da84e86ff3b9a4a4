"""Gives the doctor's tests a patient, and keeps what they claim to clear."""

from __future__ import annotations

import pytest

from tests.world.databases import Databases
from tests.world.examinations import pytest_pyfunc_call
from tests.world.patient import Patient

__all__ = ["pytest_pyfunc_call"]


@pytest.fixture
def patient(databases: Databases) -> Patient:
    """Cobra and two Sage years, set up but without triggers."""
    return Patient(databases)
