"""Knows whether the debtors' side of an invoice is right: what is owed, by whom, on which account.

Revenue and tax can be right while the debtor's collective account, open item or account of the
debtor is not: an amount on another debtor's collective account balances, too. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from relay.base.values import Problem
from relay.rules.invoice.books import Raw, whole
from relay.rules.invoice.invoice import ZERO
from relay.rules.invoice.paid import divided, signed


@dataclass(frozen=True, slots=True)
class DebtorsBook:
    """What a year holds of open items and their debtors."""

    items: Mapping[str, Raw] = field(default_factory=dict)
    """Open item to its row."""
    postings: Mapping[str, Sequence[Raw]] = field(default_factory=dict)
    """Open item to what stands in it."""
    accounts: Mapping[int, Raw] = field(default_factory=dict)
    """Debtor to its row."""


def wrong_with(
    number: str, own: Collection[int], gross: Decimal, book: DebtorsBook
) -> Iterator[Problem]:
    """Say what is wrong with an invoice's open item; `own` are the documents of the invoice.

    `gross` is what their other side comes to.
    """
    rows = book.postings.get(number, ())
    ours, _ = divided(rows, own)
    item = book.items.get(number)
    owed = sum(map(signed, ours), ZERO)
    if owed != gross:
        yield Problem("journal_owed", {"number": number, "owed": owed, "gross": gross})
    yield from _on_accounts(number, ours, item, book)
    debit, credit = ((item or {}).get(tag) for tag in ("MDbt", "MCdt"))
    stands = sum(map(signed, rows), ZERO)
    if isinstance(debit, Decimal) and isinstance(credit, Decimal) and debit - credit != stands:
        values = {"number": number, "item": debit - credit, "postings": stands}
        yield Problem("journal_item", values)


def _on_accounts(
    number: str, ours: Sequence[Raw], item: Raw | None, book: DebtorsBook
) -> Iterator[Problem]:
    """Compare each posting's debtor and account with the item's debtor and his account."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for row in ours:
        sums[whole(row, "Bk", "PkKey"), str(row["AccId"])] += signed(row)
    for (posted, account), amount in sums.items():
        debtor = posted if item is None else whole(item, "OPd", "PkKey")
        known = book.accounts.get(debtor)
        needed = "-" if known is None else str(known["AccId"])
        if amount and (posted, account) != (debtor, needed):
            values = {"number": number, "amount": amount, "account": account, "posted": posted}
            yield Problem("journal_debtor", values | {"debtor": debtor, "needed": needed})
