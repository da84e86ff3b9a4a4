"""Knows made-up Swiss firms and people: the only module that imports Faker."""

from __future__ import annotations

import random
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
FIRST_NUMBER = 10_001


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
        "SAGENR0": str(FIRST_NUMBER + index),
    }


def _firm(faker: Faker) -> str:
    """Return a firm that fits one line of Sage."""
    return next(name for name in iter(faker.company, "") if len(name) <= LINE)


def _phone(rng: random.Random) -> str:
    area = rng.choice(("031", "034", "044", "021", "022", "091", "071", "081"))
    return f"{area} {rng.randint(200, 999)} {rng.randint(0, 99):02} {rng.randint(0, 99):02}"
