"""Knows how what is told of an invoice becomes rows: every value fits its column. Pure.

The rows are written in the acknowledgement's own transaction, so nothing in them may fail there:
a text is cut, a number that is too large or no number is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, String, Table

from relay.dialect import Exact
from relay.documents.change import Change

LARGEST = 2**63 - 1
Row = dict[str, Any]


def document_row(change: Change, table: Table, mandant: str | None, reason: str | None) -> Row:
    """Return the row of a document; `mandant` is its year's, if it stands in one."""
    words = change.words
    told = {
        **{name: words.get(name) for name in table.c.keys()},  # noqa: SIM118 - no mapping
        "entity_key": change.record.key,
        "customer_key": words.get("customer"),
        "mandant": mandant or words.get("mandant"),
        "year": change.year,
        "sage_document": words.get("document"),
        "state": change.state,
        "stands": int(change.stands),
        "reversal": change.reversal,
        "entry": change.entry,
        "reason_code": change.problem and change.problem.code,
        "reason": reason,
    }
    return {name: fit(value, table, name) for name, value in told.items() if name != "updated_at"}


def position_rows(change: Change, table: Table) -> Iterator[Row]:
    """Yield the rows of a document's positions, in their order."""
    for line, position in enumerate(change.words["positions"], start=1):
        told: Mapping[str, Any] = position
        yield {
            **{name: fit(told.get(name), table, name) for name in table.c.keys()},  # noqa: SIM118
            "entity_key": change.record.key,
            "line": line,
        }


def fit(value: Any, table: Table, name: str) -> Any:
    """Return a value as a column can hold it; an empty text is none."""
    kind = table.c[name].type
    if value is None or value == "":
        return None
    if isinstance(kind, Exact):
        return _decimal(value, kind)
    if isinstance(kind, Date):
        return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    if isinstance(kind, BigInteger | Integer):
        return int(value) if abs(int(value)) <= LARGEST else None
    if isinstance(kind, String):
        return str(value) if kind.length is None else str(value)[: kind.length]
    return value


def _decimal(value: Any, kind: Exact) -> Decimal | None:
    try:
        exact = Decimal(str(value))
        if abs(exact) >= kind.limit:
            return None
        return exact.quantize(Decimal(1).scaleb(-kind.places))
    except InvalidOperation:
        return None
