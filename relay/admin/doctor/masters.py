"""Knows what a Sage year must have for what is configured: tables, accounts, keys, its own days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from relay.admin.doctor.site import Finding, Reached, Site, error, warning
from relay.base.errors import Refused
from relay.rules.invoice.ledger import Masters
from relay.sage.books.rows import client_of, master_rows, read_masters
from relay.sage.layout import needed_tables, sage_table
from relay.settings import Settings, Year


def layout(site: Site, place: Reached) -> Iterator[Finding]:
    """Find what is missing of Sage's tables and columns."""
    for name in needed_tables(site.settings):
        try:
            year = None if place.year is None else place.year.settings
            sage_table(place.connection, site.settings.sage.profile, name, year)
        except Refused as refusal:
            yield error(refusal.code, **refusal.values)


def examine(site: Site, place: Reached) -> Iterator[Finding]:
    """Compare a year's master data with the configuration, if invoices go over."""
    if site.settings.invoices is None or place.year is None or any(layout(site, place)):
        return

    place.connection.rollback()  # each look at a table's layout has a transaction of its own
    for name in needed_tables(site.settings):
        place.year.sage_table(name)
    masters = replace(
        read_masters(place.year),
        accounts=frozenset(str(row["AccId"]) for row in master_rows(place.year, "Acc")),
        client=client_of(place.year),
    )
    examined = Examined(site.settings, place.year.settings, masters, site.today)
    for check in CHECKS:
        yield from check(examined)


@dataclass(frozen=True, slots=True)
class Examined:
    """A year as configured, and as Sage tells it."""

    settings: Settings
    year: Year
    masters: Masters
    today: date

    def has_account(self, account: str | None) -> bool:
        """Tell whether Sage has an account; none is none too many."""
        return account is None or account in self.masters.accounts


def client(examined: Examined) -> Iterator[Finding]:
    """Compare the fiscal year with Sage's own settings."""
    client, year = examined.masters.client, examined.year
    if client is None:
        yield error("client_missing")
    elif (client.first_day, client.last_day) != (year.first_day, year.last_day):
        yield error(
            "fiscal_year_differs",
            year=year.name,
            first=year.first_day,
            last=year.last_day,
            sage_first=client.first_day,
            sage_last=client.last_day,
        )


def period(examined: Examined) -> Iterator[Finding]:
    """Tell a year that takes no posting of today, although today lies in it."""
    client, day = examined.masters.client, examined.today
    if client is None or not client.first_day <= day <= client.last_day:
        return
    first, last = client.period_first or client.first_day, client.period_last or client.last_day
    if not first <= day <= last:
        yield warning("period_without_today", first=first, last=last, day=day)


def accounts(examined: Examined) -> Iterator[Finding]:
    """Find configured accounts that Sage has not."""
    sage = examined.settings.sage
    wanted = {f"sage.collective_account.{c}": a for c, a in sage.collective_account.items()}
    wanted |= {"sage.rounding_account": sage.rounding_account or ""}
    for setting, account in wanted.items():
        if account and not examined.has_account(account):
            yield error("account_not_in_sage", account=account, setting=setting)


def currency(examined: Examined) -> Iterator[Finding]:
    """Ask for a collective account in the year's own currency."""
    client = examined.masters.client
    if client is not None and client.currency not in examined.settings.sage.collective_account:
        yield error("lead_currency_unmapped", currency=client.currency)


def taxes(examined: Examined) -> Iterator[Finding]:
    """Find mapped tax keys that Sage has not, or whose account it has not."""
    for rule in examined.settings.map.vat:
        tax = examined.masters.taxes.get(rule.key)
        if tax is None:
            if _concerns(examined, rule.category, rule.key):
                yield warning("tax_key_not_in_sage", key=rule.key, category=rule.category)
        elif tax.rate and not examined.has_account(tax.account):
            yield error(
                "tax_account_not_in_sage",
                key=rule.key,
                category=rule.category,
                account=tax.account or "-",
            )


def _concerns(examined: Examined, category: str, key: str) -> bool:
    """Tell whether a key is valid on some day of the year."""
    days = [examined.year.first_day, examined.year.last_day]
    days += [rule.from_ for rule in examined.settings.map.vat if rule.from_ is not None]
    year = examined.year
    return key in {
        examined.settings.map.tax_key(category, day)
        for day in days
        if year.first_day <= day <= year.last_day
    }


def terms(examined: Examined) -> Iterator[Finding]:
    """Find mapped payment terms that Sage has not."""
    for value, key in (examined.settings.map.of("terms") or {}).items():
        if key not in examined.masters.terms:
            yield warning("terms_not_in_sage", terms=key, value=value)


CHECKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    client, period, accounts, currency, taxes, terms,
)  # fmt: skip
