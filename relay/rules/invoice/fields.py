"""Knows how the fields of one row of cobra are read: texts, days, amounts, mapped values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from relay.base.days import day_of
from relay.base.numbers import exact, is_noise
from relay.base.spelling import as_key, as_text
from relay.base.values import Problem
from relay.rules.address.check import problem_of_key
from relay.rules.images import Image
from relay.rules.invoice.invoice import CENT, LARGEST_AMOUNT, ZERO
from relay.settings import Settings

WORDS = frozenset(["text", "article"])
"""Fields that are only told; all others are compared or looked up, as people see them."""

LARGEST: Mapping[str, Decimal] = {"rate": Decimal(1_000_000), "vat_rate": Decimal(100)}
"""What a currency can cost, and percents."""


class Fields:
    """Reads fields of one row, and collects what is wrong with them."""

    def __init__(self, image: Image, columns: Mapping[str, str], settings: Settings) -> None:
        """Take a row, our names for its columns, and the map of values."""
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._image = image
        self._columns = columns
        self._maps = settings.map
        self._days = settings.cobra.days

    def read(self, name: str) -> str:
        """Return a field as one line of text; empty where it is not mapped."""
        if name not in self._columns:
            return ""
        if name in WORDS:
            return as_text(self._image[name])
        key = as_key(self._image[name])
        problem = problem_of_key(name, self._columns[name], key)
        if problem is not None and self._maps.of(name) is None:
            self.problems.append(problem)
        return key

    def mapped(self, name: str, value: str | None = None) -> str:
        """Return the counterpart in Sage; a value that the map does not know is a problem."""
        value = self.read(name) if value is None else value
        known = self._maps.of(name)
        if not value or known is None:
            return value
        if value not in known:
            self._wrong("value_not_mapped", **self._about(name) | {"value": value})
        return known.get(value, "")

    def needed(self, name: str) -> str:
        """Return a field that must not be empty."""
        value = self.read(name)
        if not value:
            self._empty(name)
        return value

    def day(self, name: str) -> date | None:
        """Return a day, from a date, a time or a text that begins with one.

        Days that only say that there is none are none; others that cannot be right are a problem.
        """
        try:
            day = day_of(self._image[name] if name in self._columns else None)
        except ValueError:
            self._wrong("not_a_date", **self._about(name))
            return None
        if day is not None and day not in self._days:
            values = self._about(name) | {"value": day}
            ends = {"first": self._days.first, "last": self._days.last}
            self._wrong("day_out_of_range", **values, **ends)
            return None
        return day

    def needed_day(self, name: str) -> date | None:
        """Return a day that must be there."""
        before = len(self.problems)
        day = self.day(name)
        if day is None and len(self.problems) == before:
            self._empty(name)
        return day

    def amount(self, name: str) -> Decimal | None:
        """Return an amount with two places; more than two that are not zero are a problem.

        What a column of an inexact type adds to an amount is taken away, with a warning.
        """
        if self._is_empty(name):
            return None
        found = exact(self._image[name])
        if found is None:
            self._wrong("not_an_amount", **self._about(name))
            return None
        if not self._within(name, found, LARGEST_AMOUNT):
            return None
        whole = found.quantize(CENT) + ZERO
        value = self._image[name]
        stored = Decimal(repr(value)) if isinstance(value, float) else found
        if whole != found and not (stored is not found and is_noise(whole - stored, stored)):
            self._wrong("not_an_amount", **self._about(name))
        elif whole != stored:
            self.warnings.append(Problem("amount_rounded", self._about(name) | {"kept": whole}))
        return whole

    def number(self, name: str) -> Decimal | None:
        """Return a number with any places, as a rate has."""
        if self._is_empty(name):
            return None
        found = exact(self._image[name])
        if found is None:
            self._wrong("not_a_number", **self._about(name))
            return None
        return found if self._within(name, found, LARGEST[name]) else None

    def measure(self, name: str) -> Decimal | None:
        """Return a quantity or a price; what is no number is none, since it is never booked."""
        return exact(self._image[name]) if name in self._columns else None

    def _is_empty(self, name: str) -> bool:
        value = self._image[name] if name in self._columns else None
        return value is None or (isinstance(value, str) and not value.strip())

    def _within(self, name: str, found: Decimal, largest: Decimal) -> bool:
        if abs(found) <= largest:
            return True
        self._wrong("number_out_of_range", **self._about(name) | {"largest": largest})
        return False

    def _empty(self, name: str) -> None:
        self._wrong("field_empty", field=name, column=self._columns[name])

    def _about(self, name: str) -> dict[str, object]:
        return {"field": name, "column": self._columns[name], "value": self._image[name]}

    def _wrong(self, code: str, **values: object) -> None:
        """Note what is wrong with a column; once, though several fields may be read of it."""
        known = ((problem.code, problem.values.get("column")) for problem in self.problems)
        if (code, values["column"]) not in known:
            self.problems.append(Problem(code, values))
