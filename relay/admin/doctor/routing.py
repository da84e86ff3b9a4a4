"""Knows whether invoices of today and of the next January would find a year to go to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from relay.admin.doctor.site import Finding, Severity, Site, warning
from relay.settings import Settings

EARLY = timedelta(days=60)
"""So long before its first day a missing year is more than information."""


def examine(site: Site) -> Iterator[Finding]:
    """Look where invoices would go."""
    for check in CHECKS:
        yield from check(site.settings, site.today)


def now(settings: Settings, today: date) -> Iterator[Finding]:
    """Ask for a year of each mandant in which today lies."""
    for mandant in settings.sage.mandants:
        if settings.sage.covering(mandant, today) is None:
            severity = Severity.WARNING if settings.invoices is None else Severity.ERROR
            yield Finding("no_year_today", severity, {"mandant": mandant, "day": today})


def next_january(settings: Settings, today: date) -> Iterator[Finding]:
    """Ask for a year in which the coming first of January lies; late in the year it is urgent."""
    day = date(today.year + 1, 1, 1)
    for mandant in settings.sage.mandants:
        if settings.sage.covering(mandant, day) is None:
            severity = Severity.WARNING if day - today <= EARLY else Severity.INFO
            yield Finding("no_year_next_january", severity, {"mandant": mandant, "day": day})


def gaps(settings: Settings, _today: date) -> Iterator[Finding]:
    """Find days between two years of a mandant that belong to neither."""
    for one, other in pairwise(settings.sage.year):
        if one.mandant == other.mandant and other.first_day - one.last_day > timedelta(days=1):
            yield warning(
                "years_with_gap",
                one=one.name,
                other=other.name,
                day=one.last_day + timedelta(days=1),
            )


def mandants(settings: Settings, _today: date) -> Iterator[Finding]:
    """Find mandants that the map leads to, but that have no year."""
    if settings.invoices is not None:
        known = settings.sage.mandants
        for value, mandant in (settings.map.of("mandant") or {}).items():
            if mandant not in known:
                yield warning("mandant_without_year", mandant=mandant, value=value)


def tax_rules(settings: Settings, today: date) -> Iterator[Finding]:
    """Find categories of VAT that have no key for a supply of today."""
    if settings.invoices is not None:
        for category in dict.fromkeys(rule.category for rule in settings.map.vat):
            if settings.map.tax_key(category, today) is None:
                yield warning("tax_rule_missing", category=category, day=today)


CHECKS: tuple[Callable[[Settings, date], Iterator[Finding]], ...] = (
    now, next_january, gaps, mandants, tax_rules,
)  # fmt: skip
