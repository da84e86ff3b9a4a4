"""Knows how the fields of one row of cobra are read: texts, days, amounts, mapped values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from relay.base.values import Image, Problem
from relay.rules.address.check import as_text
from relay.rules.invoice.canonical import CENT, ZERO
from relay.settings import Settings


class Fields:
    """Reads fields of one row, and collects what is wrong with them."""

    def __init__(self, image: Image, columns: Mapping[str, str], settings: Settings) -> None:
        """Take a row, our names for its columns, and the map of values."""
        self.problems: list[Problem] = []
        self._image = image
        self._columns = columns
        self._maps = settings.map

    def read(self, name: str) -> str:
        """Return a field as one line of text; empty where it is not mapped."""
        return as_text(self._image[name]) if name in self._columns else ""

    def mapped(self, name: str, value: str | None = None) -> str:
        """Return the counterpart in Sage; a value that the map does not know is a problem."""
        value = self.read(name) if value is None else value
        known = self._maps.of(name)
        if not value or known is None:
            return value
        if value not in known:
            self._wrong("value_not_mapped", **self._told(name) | {"value": value})
        return known.get(value, "")

    def needed(self, name: str) -> str:
        """Return a field that must not be empty."""
        value = self.read(name)
        if not value:
            self.problems.append(
                Problem("field_empty", {"field": name, "column": self._columns[name]})
            )
        return value

    def day(self, name: str) -> date | None:
        """Return a day, from a date, a time or a text that begins with one."""
        value = self._image[name] if name in self._columns else None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        told = as_text(value)
        if not told:
            return None
        try:
            return datetime.fromisoformat(told).date()
        except ValueError:
            self._wrong("not_a_date", **self._told(name))
            return None

    def amount(self, name: str) -> Decimal | None:
        """Return an amount with two places; more than two that are not zero are a problem."""
        exact = self._exact(name)
        if exact is None:
            return None
        try:
            whole = exact.quantize(CENT) if exact.is_finite() else ZERO
        except InvalidOperation:
            whole = ZERO
        if whole != exact:
            self._wrong("not_an_amount", **self._told(name))
        return whole

    def number(self, name: str) -> Decimal | None:
        """Return a number with any places, as a rate has."""
        exact = self._exact(name)
        if exact is not None and not exact.is_finite():
            self._wrong("not_a_number", **self._told(name))
            return None
        return exact

    def _exact(self, name: str) -> Decimal | None:
        value = self._image[name] if name in self._columns else None
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return Decimal("NaN")

    def _told(self, name: str) -> dict[str, object]:
        return {"field": name, "column": self._columns[name], "value": self._image[name]}

    def _wrong(self, code: str, **values: object) -> None:
        self.problems.append(Problem(code, values))

    def measure(self, name: str) -> Decimal | None:
        """Return a quantity or a price; what is no number is none, since it is never booked."""
        value = self._image[name] if name in self._columns else None
        try:
            exact = Decimal(str(value))
        except InvalidOperation:
            return None
        return exact if exact.is_finite() else None
