"""Knows made-up invoices: customers, positions with accounts, VAT codes and cost centres."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
RATES = {"normal": Decimal("8.1"), "reduced": Decimal("2.6"), "none": Decimal(0)}
KEYS = {"normal": "USt81", "reduced": "USt26", "none": "USt00"}
ACCOUNTS = {"1": ("3000", "3200", "3400"), "2": ("3600", "3620")}
"""Mandant to its revenue accounts."""
CENTRES = {"1": ("LADEN", "WERK", None), "2": ("HAUS1", "HAUS2")}
FIRST_NUMBER = 20_260_001
WORK = ("Beratung", "Montage", "Material", "Reparatur", "Miete", "Nebenkosten", "Käse", "Pflege")


@dataclass(frozen=True, slots=True)
class DemoPosition:
    """A position as it is written in cobra."""

    text: str
    net: Decimal
    vat: str
    account: str
    centre: str | None

    @property
    def article(self) -> str:
        """The article's number, as cobra's table of articles would have it."""
        return f"A{WORK.index(self.text) + 1:03}"


@dataclass(frozen=True, slots=True)
class DemoInvoice:
    """An invoice as it is written in cobra."""

    number: str
    customer: int
    mandant: str
    day: date
    positions: tuple[DemoPosition, ...]

    @property
    def gross(self) -> Decimal:
        """The total that cobra prints: the tax of each VAT code, rounded once."""
        return sum((p.net for p in self.positions), Decimal(0)) + sum(self.taxes.values())

    @property
    def taxes(self) -> dict[str, Decimal]:
        """The tax of each VAT code."""
        nets: dict[str, Decimal] = defaultdict(Decimal)
        for position in self.positions:
            nets[position.vat] += position.net
        return {vat: tax_of(net, vat) for vat, net in nets.items()}


def tax_of(net: Decimal, vat: str) -> Decimal:
    """Return the tax of a net amount, rounded to the centime."""
    return (net * RATES[vat] / 100).quantize(CENT, ROUND_HALF_UP)


def invoices(count: int, customers: list[int], seed: int = 2026) -> list[DemoInvoice]:
    """Make up `count` invoices, always the same ones; some belong to the year before."""
    rng = random.Random(seed)  # noqa: S311 - repeatable data
    return [_invoice(rng, str(FIRST_NUMBER + i), customers) for i in range(count)]


def _invoice(rng: random.Random, number: str, customers: list[int]) -> DemoInvoice:
    mandant = "2" if rng.random() < 0.3 else "1"  # noqa: PLR2004 - fewer
    last_year = mandant == "1" and rng.random() < 0.1  # noqa: PLR2004 - a few
    first = date(2025, 10, 1) if last_year else date(2026, 1, 5)
    return DemoInvoice(
        number=number,
        customer=rng.choice(customers),
        mandant=mandant,
        day=first + timedelta(days=rng.randrange(80)),
        positions=tuple(_position(rng, mandant) for _ in range(rng.randint(1, 6))),
    )


def _position(rng: random.Random, mandant: str) -> DemoPosition:
    return DemoPosition(
        text=rng.choice(WORK),
        net=Decimal(rng.randint(500, 250_000)) * CENT,
        vat=rng.choices(list(RATES), (7, 2, 1))[0],
        account=rng.choice(ACCOUNTS[mandant]),
        centre=rng.choice(CENTRES[mandant]),
    )
