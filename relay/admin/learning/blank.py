"""Knows a Sage year that holds nothing: what the relay would write is planned against it.

So a plan depends on no schema, and does not find the invoice that a bookkeeper has just entered.
Master data is that of the real year where the relay could use it already, or else that by which the
invoices add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

from relay.admin.read_only import YearLookedAt, YearsLookedAt
from relay.database import Failure
from relay.rules.address.check import Checked
from relay.rules.address.facts import Facts
from relay.rules.invoice.amounts import Split, split
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.invoice import ZERO, Book, Invoice, Line, Task
from relay.rules.invoice.ledger import Client, Currency, Masters, Tax
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.vat import rates_on
from relay.rules.policy import Rules
from relay.sage.port import Wanted
from relay.sage.reference import REFERENCE
from relay.settings import Settings, Year

UNKNOWN = "?"
"""Stands for an account that only Sage knows; it is never compared with anything."""


def masters_for(
    invoices: Sequence[Invoice], known: Masters, client: Client, rules: Rules
) -> Masters:
    """Return master data by which these invoices can be planned: what is known, or else deduced.

    Every account that they or the configuration name is taken to be there.
    """
    taxes, terms = dict(known.taxes), dict(known.terms)
    currencies, accounts = dict(known.currencies), set(known.accounts)
    for invoice in invoices:
        taxes = {**_taxes(invoice, rules), **taxes}
        for name in _terms(invoice):
            terms.setdefault(name, 0)
        if invoice.rate is not None:
            currencies.setdefault(invoice.currency, Currency(invoice.rate))
        accounts |= {line.account for line in invoice.lines}
        accounts |= {line.cost_centre for line in invoice.lines}
    accounts |= {rules.rounding or "", *rules.collective.values()}
    accounts |= {tax.account for tax in taxes.values()}
    return replace(
        known,
        accounts=frozenset(accounts),
        taxes=taxes,
        terms=terms,
        currencies=currencies,
        client=client,
    )


def _terms(invoice: Invoice) -> Iterator[str]:
    address = invoice.customer.address
    yield from filter(None, (invoice.terms, address.terms if isinstance(address, Checked) else ""))


def _taxes(invoice: Invoice, rules: Rules) -> Mapping[str, Tax]:
    """Return rates with which the invoice adds up: as printed, else the official ones of the day.

    The first combination that gives cobra's total exactly; if none does, the first one.
    """
    keys = list(dict.fromkeys(line.tax_key for line in invoice.lines))
    possible = [
        _rates(invoice, [line for line in invoice.lines if line.tax_key == k]) for k in keys
    ]
    combined = [
        {key: Tax(rate, UNKNOWN) for key, rate in zip(keys, rates, strict=True)}
        for rates in product(*possible)
    ]
    adding_up = (taxes for taxes in combined if _adds_up(invoice, taxes, rules))
    return next(adding_up, combined[0])


def _adds_up(invoice: Invoice, taxes: Mapping[str, Tax], rules: Rules) -> bool:
    return isinstance(split(invoice, taxes, replace(rules, tolerance=ZERO)), Split)


def _rates(invoice: Invoice, lines: Sequence[Line]) -> list[Decimal]:
    """Return the rates that a tax key can have, the likeliest first."""
    printed = {line.rate for line in lines if line.rate is not None}
    if len(printed) == 1:
        return list(printed)
    day = next((line.supplied_on for line in lines if line.supplied_on), invoice.invoice_date)
    return [*rates_on(day), ZERO]


class BlankYear:
    """A year that holds nothing, and a transaction in it: what planning asks of both, and no more.

    `real` is the year, where the relay could use it.
    """

    has_whole_numbers = False

    def __init__(self, year: Year, settings: Settings, real: YearLookedAt | None) -> None:
        """Ask the real year for its master data; else the configuration says what it can."""
        self.name = year.name
        self.settings = year
        lead = next(iter(settings.sage.collective_account), "CHF")
        assumed = "CHF" if "CHF" in settings.sage.collective_account else lead
        self._client = Client(year.first_day, year.last_day, None, None, assumed)
        self._masters = Masters()
        if real is not None:
            with real.begin(0) as here:
                self._client, self._masters = here.client() or self._client, here.masters()

    @contextmanager
    def begin(self, epoch: int) -> Iterator[BlankYear]:  # noqa: ARG002 - there is no fence
        """Open a transaction."""
        yield self

    def failure(self, error: BaseException) -> Failure | None:  # noqa: ARG002 - it has no database
        """Tell that no error is this year's."""
        return None

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:  # noqa: ARG002 - the ledger is empty
        """Return none."""
        return set()

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:  # noqa: ARG002 - nothing is linked
        """Return none."""
        return {}

    def standing(self, keys: Sequence[str]) -> Mapping[str, Booking]:  # noqa: ARG002 - nothing is booked
        """Return none."""
        return {}

    def client(self) -> Client | None:
        """Return the year's settings, as far as they are known."""
        return self._client

    def masters(self) -> Masters:
        """Return what is known of them."""
        return self._masters

    def facts(self, wanted: Wanted) -> Facts:  # noqa: ARG002 - there is no address
        """Return that there is no address, and that each column takes any text."""
        return Facts(lengths=dict.fromkeys(REFERENCE["Adr"]))

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return empty books that lack nothing of what the invoices name."""
        first, last = map(int, rules.document_numbers.split("-"))
        invoices = [task.invoice for task in tasks if isinstance(task, Book)]
        whole = masters_for(invoices, masters, self._client, rules)
        lengths = {f"{name}.{tag}": None for name in ("OPd", "Bk") for tag in REFERENCE[name]}
        return Books(whole, first, last, lengths=lengths)

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:  # noqa: ARG002 - there are none
        """Return none."""
        return {}


def blank_years(settings: Settings, real: Mapping[str, YearLookedAt]) -> YearsLookedAt:
    """Return all configured years, each of them blank; `real`: those that the relay could use."""
    blank: dict[str, Any] = {
        year.name: BlankYear(year, settings, real.get(year.name)) for year in settings.sage.year
    }
    return YearsLookedAt(settings.sage.names, blank)
