"""Gives the page's tests an office with its page."""

from __future__ import annotations

import pytest

from tests.extras.page.browsing import Visitors
from tests.world.office import Office


@pytest.fixture
def visitors(office: Office) -> Visitors:
    """Return the page of an office that books invoices."""
    return Visitors(office)
