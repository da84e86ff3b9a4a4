"""Gives the tests of the document enquiry an office whose relay records documents."""

from __future__ import annotations

import pytest

from tests.world.bureau import Bureau
from tests.world.databases import Databases


@pytest.fixture
def bureau(databases: Databases) -> Bureau:
    """A company whose relay books invoices and records them."""
    return Bureau(databases)
