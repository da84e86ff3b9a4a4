"""Knows amounts whose sign says on which side they stand: debit positive, credit negative."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

CREDIT = 1
"""Type of the import format; a debit is 0."""


def with_sides(row: Mapping[str, object], signed: Collection[str]) -> Mapping[str, object]:
    """Return a posting whose amounts have the sign of its side."""
    return {**row, **_turned(row, signed)} if row.get("Type") == CREDIT else row


def without_sides(row: dict[str, object], signed: Collection[str]) -> dict[str, object]:
    """Return a posting with the amounts that its side has; without a Type their sign is it."""
    if "Type" not in row:
        amounts = (row.get(tag) for tag in ("ValNt", "ValTx"))
        amount = next((each for each in amounts if isinstance(each, Decimal) and each), Decimal(0))
        row = {**row, "Type": CREDIT if amount < 0 else 0}
    return {**row, **_turned(row, signed)} if row["Type"] == CREDIT else row


def _turned(row: Mapping[str, object], signed: Collection[str]) -> dict[str, object]:
    return {tag: -value for tag in signed if isinstance(value := row.get(tag), Decimal)}
