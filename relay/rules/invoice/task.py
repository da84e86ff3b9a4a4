"""Knows what a Sage year is to do about an invoice: hold it, or hold it no more. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from relay.base.values import RecordId
from relay.rules.invoice.invoice import Invoice


@dataclass(frozen=True, slots=True)
class Book:
    """Let this year hold the invoice, as it is now."""

    invoice: Invoice
    closed: str | None = None
    """The year of its posting date, if that one is closed and this one takes its place."""

    @property
    def key(self) -> str:
        """The invoice's."""
        return self.invoice.key


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Let this year not hold the invoice any more."""

    key: str
    reason: str
    """A code of the text catalogue: why."""
    is_allowed: bool
    """Whether the relay may reverse it by itself."""
    about: str | None = None
    notices: tuple[RecordId, ...] = ()


Task = Book | TakeBack
