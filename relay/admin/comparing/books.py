"""Knows how what was booked of an invoice is compared with what stands of it in Sage. Pure.

An adopted document was written in Sage itself: of its postings only what adopting compared has to
be the same, and that those which belong together still point to each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from relay.admin.comparing.finding import MismatchKind
from relay.base.spelling import as_key
from relay.rules.invoice.amounts import Split
from relay.rules.invoice.books import Booking, Books, Raw, Stored
from relay.rules.invoice.invoice import ZERO, Invoice
from relay.rules.invoice.ledger import Posting
from relay.rules.invoice.objections import split_of
from relay.rules.invoice.postings import ACCOUNT, COST, TAX, post
from relay.rules.policy import Rules


class Differing(NamedTuple):
    """What differs of a booking: what it should be, and what stands."""

    kind: MismatchKind
    field: str
    cobra: str
    sage: str


def differing(
    booking: Booking,
    stored: Stored | None,
    invoice: Invoice | None,
    books: Books,
    rules: Rules,
) -> Iterator[Differing]:
    """Tell what of a booking was changed or deleted in Sage.

    `invoice` is cobra's, None where it is not any more what was booked.
    """
    item = books.items.get(booking.open_item)
    if item is None:
        yield Differing(MismatchKind.ITEM_GONE, "OpId", booking.open_item, "")
    elif invoice is not None:
        yield from _item(invoice, item, books)
    if stored is None:
        yield Differing(MismatchKind.DOCUMENT_GONE, "BlgNr", str(booking.document), "")
        return
    yield from _dangling(stored.postings)
    expected = None if invoice is None else _expected(invoice, books, rules)
    if invoice is None or expected is None:
        return
    by_sage = invoice.rate is None and invoice.currency != books.masters.lead
    own = {rules.collective[invoice.currency], _account_of(item, books)}
    wanted, stands = (_amounts(p, own, by_rate=by_sage) for p in (expected, stored.postings))
    differ = [group for group in sorted(wanted.keys() | stands) if wanted[group] != stands[group]]
    if differ:
        said = (_in_words(amounts, differ) for amounts in (wanted, stands))
        yield Differing(MismatchKind.DOCUMENT_CHANGED, "Bk", *said)


def _item(invoice: Invoice, item: Raw, books: Books) -> Iterator[Differing]:
    """Compare whose an open item is, in which currency, and its reference where both have one."""
    debtor = books.debtors.get(invoice.customer.key)
    wanted = {"PkKey": debtor, "CurId": invoice.currency, "Ref": invoice.reference}
    for tag, value in wanted.items():
        stands = item.get(tag)
        if value and stands and as_key(value) != as_key(stands):
            yield Differing(MismatchKind.ITEM_CHANGED, tag, str(value), str(stands))


def _dangling(postings: Sequence[Posting]) -> Iterator[Differing]:
    """Tell postings that point to one which is not there: a posting says where its tax stands."""
    for place, posting in enumerate(postings, start=1):
        for index, kind in ((posting.cost_index, COST), (posting.tax_index, TAX)):
            if index and not (0 < index <= len(postings) and postings[index - 1].kind == kind):
                what = f"{place}: {posting.account} → {index}"
                yield Differing(
                    MismatchKind.DOCUMENT_CHANGED, "TIdx" if kind == TAX else "CIdx", what, ""
                )
                return


def _expected(invoice: Invoice, books: Books, rules: Rules) -> tuple[Posting, ...] | None:
    """Return what an invoice is booked as; None where what that needs is not there any more."""
    if books.masters.client is None or invoice.currency not in rules.collective:
        return None
    if invoice.currency not in {books.masters.lead, *books.masters.currencies}:
        return None
    amounts = split_of(invoice, books, rules)
    if not isinstance(amounts, Split):
        return None
    return post(invoice, amounts, books.masters, rules)


Group = tuple[str, str]
"""Account and tax key; of the debtors' side neither, where it stands on the debtor's account."""


def _account_of(item: Raw | None, books: Books) -> str | None:
    debtor = None if item is None else item.get("PkKey")
    account = books.accounts.get(debtor) if isinstance(debtor, int) else None
    return None if account is None else str(account["AccId"])


def _amounts(
    postings: Sequence[Posting], debtors: Collection[str | None], *, by_rate: bool
) -> Mapping[Group, tuple[Decimal, Decimal]]:
    """Sum net and tax as credits; in the invoice's currency where Sage's rate of the day counts."""
    found: dict[Group, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for p in postings:
        if p.kind != ACCOUNT or (by_rate and not p.foreign):
            continue
        is_owed = p.into_item and p.account in debtors
        group = ("", "") if is_owed else (p.account, p.tax_key)
        net, tax = found[group]
        sign = -1 if p.is_debit else 1
        more = (p.foreign, ZERO) if by_rate else (p.net, p.tax)
        found[group] = (net + sign * more[0], tax + sign * more[1])
    return found


def _in_words(amounts: Mapping[Group, tuple[Decimal, Decimal]], groups: Sequence[Group]) -> str:
    """Tell the amounts of some accounts as people read them: `3000 USt81 100.00 + 8.10`."""
    return "; ".join(
        " ".join(filter(None, (*group, f"{net:.2f}", f"+ {tax:.2f}" if tax else "")))
        for group in groups
        for net, tax in [amounts[group]]
        if net or tax
    )
