"""Gives the doctor's tests a patient."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.doctor.patient import Patient


@pytest.fixture
def patient(databases: Databases) -> Patient:
    """Cobra and two Sage years, set up but without triggers."""
    return Patient(databases)
