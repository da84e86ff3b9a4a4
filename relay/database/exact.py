"""Knows how exact decimals are kept: as they are on SQL Server, as whole numbers on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric


class Exact(Numeric[Decimal]):
    """A decimal with a fixed number of places.

    SQLite knows no exact numbers but whole ones, so 12.50 is kept there as 1250: sums stay exact.
    On SQL Server the driver's own type takes the place of this one.
    """

    def __init__(self, places: int) -> None:
        """Take the places after the point; 19 digits in all."""
        super().__init__(19, places)
        self.places = places

    @property
    def limit(self) -> Decimal:
        """The smallest amount that is too large."""
        return Decimal(10) ** (18 - self.places)  # 18 digits fit SQLite's 64 bits

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """Store a whole number."""
        return lambda value: None if value is None else int(Decimal(value).scaleb(self.places))

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any] | None:
        """Return the decimal."""
        return lambda value: None if value is None else Decimal(value).scaleb(-self.places)

    def adapt(self, cls: Any, **kw: Any) -> Any:
        """Let a dialect with decimals of its own use its type."""
        if cls is type(self):
            return Exact(self.places)
        return cls(precision=self.precision, scale=self.scale, asdecimal=True)
