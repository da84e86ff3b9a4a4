"""What is told of an invoice fits the columns of its document, whatever it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from relay.base.width import width
from relay.extras.documents.change import fit
from relay.extras.documents.tables import document_tables

TABLE = document_tables("mssql").document


@pytest.mark.parametrize("told", ["🧀" * 200, "x" + "🧀" * 150, "Käse " * 60])
def test_text_is_cut_as_the_server_counts(told: str) -> None:
    """An emoji takes two of a column's places, half of one is never kept, and "…" tells of it."""
    kept = fit(told, TABLE, "customer_name")
    assert kept.endswith("…")
    assert told.startswith(kept.removesuffix("…"))
    assert 199 <= width(kept) <= 200


@pytest.mark.parametrize("told", ["1e30", "NaN", "abc", None])
def test_number_that_does_not_fit_is_left_out(told: str | None) -> None:
    """The acknowledgement, in which the row is written, must not fail for it."""
    assert fit(told, TABLE, "net") is None
    assert fit("12.5", TABLE, "net") == Decimal("12.50")
