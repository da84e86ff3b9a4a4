"""Knows the section of `relay.toml` about what Sage answers; without it the part is off."""

from __future__ import annotations

from typing import Self

from pydantic import Field, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.section import Section


class InvoiceAnswers(Section):
    """`[answers.copy.invoice]`: columns of cobra's invoices for what became of each."""

    paid: str | None = None
    """1 once nothing is open, else 0."""
    settled_on: str | None = None
    open_amount: str | None = None
    last_payment: str | None = None
    reminder_level: str | None = None


class CustomerAnswers(Section):
    """`[answers.copy.address]`: columns of cobra's addresses for how each customer stands."""

    balance: str | None = None
    overdue: str | None = None
    overdue_since: str | None = None
    last_payment: str | None = None
    reminder_lock: str | None = None
    """1 if Sage reminds the customer of nothing, else 0."""


class AnswerCopies(Section):
    """`[answers.copy]`: what is copied into cobra's own tables, and how often."""

    copy_seconds: PositiveInt = 300
    invoice: InvoiceAnswers = InvoiceAnswers()
    address: CustomerAnswers = CustomerAnswers()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.invoice.model_fields_set or self.address.model_fields_set):
            raise PydanticCustomError("copies_nothing", "no column is named")
        return self


class Answers(Section):
    """`[answers]`: cobra is told what Sage alone knows, paid or not, balances, customer data.

    It needs `[documents]`, beside which it is kept.
    """

    open_seconds: PositiveInt = 60
    """How often the items that are not settled are looked at."""
    customers_seconds: PositiveInt = 900
    """How often addresses, debtors, and items that were written in Sage are looked at."""
    copies: AnswerCopies | None = Field(default=None, alias="copy")
