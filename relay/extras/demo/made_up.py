"""Knows made-up firms, people and invoices: the only module that imports Faker."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from faker import Faker

TOWNS = {
    "de_CH": (
        ("3550", "Langnau i. E."), ("8001", "Zürich"), ("3011", "Bern"), ("9000", "St. Gallen"),
        ("6003", "Luzern"), ("7000", "Chur"), ("8200", "Schaffhausen"), ("4051", "Basel"),
        ("6460", "Altdorf UR"), ("3900", "Brig"), ("8750", "Glarus"), ("5000", "Aarau"),
    ),
    "fr_CH": (
        ("1201", "Genève"), ("1003", "Lausanne"), ("2000", "Neuchâtel"), ("1700", "Fribourg"),
        ("1950", "Sion"), ("2800", "Delémont"), ("2300", "La Chaux-de-Fonds"), ("1870", "Monthey"),
    ),
    "it_IT": (
        ("6900", "Lugano"), ("6500", "Bellinzona"), ("6600", "Locarno"), ("6830", "Chiasso"),
        ("6612", "Ascona"), ("6850", "Mendrisio"),
    ),
}  # fmt: skip
LANGUAGES = {"de_CH": "deutsch", "fr_CH": "français", "it_IT": "italiano"}
SHARES = {"de_CH": 62, "fr_CH": 24, "it_IT": 14}
SALUTATIONS = {
    "deutsch": ("Frau", "Herr"),
    "français": ("Madame", "Monsieur"),
    "italiano": ("Signora", "Signor"),
}
LINE = 31
OTHERS = 12
"""One in so many is a supplier, whom Sage does not get from cobra."""
FIRST_ADDRESS = 10_001


def addresses(count: int, seed: int = 2026) -> list[dict[str, Any]]:
    """Make up `count` addresses, always the same ones; keys are cobra's columns."""
    rng = random.Random(seed)  # noqa: S311 - repeatable data
    fakers = {locale: Faker(locale) for locale in TOWNS}
    for faker in fakers.values():
        faker.seed_instance(seed)
    locales = rng.choices(list(SHARES), list(SHARES.values()), k=count)
    return [_address(fakers[locale], locale, rng, i) for i, locale in enumerate(locales)]


def _address(faker: Faker, locale: str, rng: random.Random, index: int) -> dict[str, Any]:
    zip_code, town = rng.choice(TOWNS[locale])
    language = LANGUAGES[locale]
    woman = rng.random() < 0.5  # noqa: PLR2004 - as likely as not
    first = faker.first_name_female() if woman else faker.first_name_male()
    return {
        "COMPANY1": _firm(faker) if rng.random() < 0.6 else None,  # noqa: PLR2004 - most
        "SALUTATION0": SALUTATIONS[language][not woman],
        "LASTNAME0": faker.last_name(),
        "FIRSTNAME0": first,
        "STREET0": faker.street_name(),
        "HOUSENO0": str(rng.randint(1, 120)),
        "ZIP0": zip_code,
        "CITY0": town,
        "COUNTRY0": "CH",
        "LANGUAGE0": language,
        "PHONE0": _phone(rng),
        "TERMS0": "30",
        "ADDRTYPE0": "Lieferant" if index % OTHERS == OTHERS - 1 else "Kunde",
        "SAGENR0": str(FIRST_ADDRESS + index),
    }


def _firm(faker: Faker) -> str:
    """Return a firm that fits one line of Sage."""
    return next(name for name in iter(faker.company, "") if len(name) <= LINE)


def _phone(rng: random.Random) -> str:
    area = rng.choice(("031", "034", "044", "021", "022", "091", "071", "081"))
    return f"{area} {rng.randint(200, 999)} {rng.randint(0, 99):02} {rng.randint(0, 99):02}"


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
