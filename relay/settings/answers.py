"""Knows the section of `relay.toml` about what Sage answers; without it the part is off."""

from __future__ import annotations

from pydantic import PositiveInt

from relay.settings.section import Section


class Answers(Section):
    """`[answers]`: cobra is told what Sage alone knows, paid or not, balances, customer data.

    It needs `[documents]`, beside which it is kept.
    """

    open_seconds: PositiveInt = 60
    """How often the items that are not settled are looked at."""
    customers_seconds: PositiveInt = 900
    """How often addresses, debtors, and items that were written in Sage are looked at."""
