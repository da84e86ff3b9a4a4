"""Gives the tests of the document enquiry an office whose relay records documents."""

from __future__ import annotations

import pytest

from tests.databases import Databases
from tests.documents.bureau import Bureau


@pytest.fixture
def bureau(databases: Databases) -> Bureau:
    """A company whose relay books invoices and records them."""
    return Bureau(databases)
