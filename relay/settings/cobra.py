"""Knows `[cobra]`: the database that is captured, and its three tables."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from relay.base.days import Days
from relay.settings.address import Address
from relay.settings.database import DatabaseUrl, Password
from relay.settings.invoice import InvoiceSection, Position
from relay.settings.section import Section


class Cobra(Section):
    """`[cobra]`: the database that is captured."""

    url: DatabaseUrl
    password: Password | None = None
    earliest_day: date = Days().first
    latest_day: date = Days().last
    address: Address
    invoice: InvoiceSection | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.latest_day < self.earliest_day:
            raise PydanticCustomError("days_backwards", "latest_day is before earliest_day")
        return self

    @property
    def days(self) -> Days:
        """The days that can be right on an invoice; others are held."""
        return Days(self.earliest_day, self.latest_day)
