"""Knows how what is told of an invoice becomes rows: every value fits its column. Pure.

The rows are written in the acknowledgement's own transaction, so nothing in them may fail there:
a text is cut, a number that is too large or no number is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Date, String, Table
from sqlalchemy.types import TypeEngine

from relay.database import Exact, abbreviated
from relay.extras.documents.change import Change
from relay.extras.documents.tables import ANSWERS

LARGEST = 2**63 - 1
Copy = dict[str, Any]


def document_row(change: Change, table: Table, mandant: str | None, reason: str | None) -> Copy:
    """Return the row of a document; `mandant` is its year's, if it stands in one."""
    words = change.words
    values = {
        **words,
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
    return {name: fits(values.get(name)) for name, fits in _fitting(table)}


def position_rows(change: Change, table: Table) -> Iterator[Copy]:
    """Yield the rows of a document's positions, in their order."""
    key = change.record.key
    for line, position in enumerate(change.words["positions"], start=1):
        values = {**position, "entity_key": key, "line": line}
        yield {name: fits(values.get(name)) for name, fits in _fitting(table)}


def fit(value: object, table: Table, name: str) -> Any:
    """Return a value as a column can hold it; an empty text is none."""
    return dict(_fitting(table))[name](value)


@lru_cache
def _fitting(table: Table) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return how each column's values are made to fit; the server's clock writes the time.

    What Sage answers is asked again: it was about what stood there before.
    """
    others = {"updated_at", *ANSWERS}
    return tuple((c.name, _of(c.type)) for c in table.columns if c.name not in others)


def _of(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, Exact):
        return partial(_exact, kind.limit, Decimal(1).scaleb(-kind.places))
    if isinstance(kind, Date):
        return _day
    if isinstance(kind, String):
        return partial(_cut, kind.length)
    return _whole


def _exact(limit: Decimal, step: Decimal, value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        exact = Decimal(value)
        return exact.quantize(step) if -limit < exact < limit else None
    except InvalidOperation:
        return None


def _cut(length: int | None, value: Any) -> str | None:
    text = str(value) if value else ""
    return (text if length is None else abbreviated(text, length)) or None


def _day(value: Any) -> date | None:
    return value if isinstance(value, date | None) else date.fromisoformat(value[:10])


def _whole(value: Any) -> int | None:
    return value if value is None or abs(value) <= LARGEST else None
