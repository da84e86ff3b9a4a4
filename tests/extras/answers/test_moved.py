"""An item that Sage moves to another debtor, as where two customers are merged, counts once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.extras.answers.test_care import DECEMBER, GROSS, NOTHING
from tests.world.bookkeeper import CUSTOMERS, OPEN, Bookkeeper, Look
from tests.world.office import LAST, THIS


def _balances(bookkeeper: Bookkeeper, *keys: str) -> list[Decimal]:
    return [bookkeeper.customer(key)["balance"] for key in keys]


def _two(bookkeeper: Bookkeeper) -> tuple[str, str]:
    """Book an invoice of each of two customers, of which the second one's is paid."""
    keys = tuple(bookkeeper.add(SAGENR0=number) for number in ("1001", "1002"))
    bookkeeper.invoice(keys[0], number="20250001", day=DECEMBER)
    bookkeeper.invoice(keys[1], number="20250002", day=DECEMBER)
    bookkeeper.drain()
    bookkeeper.pay("20250002", str(GROSS), LAST)
    bookkeeper.look()
    assert _balances(bookkeeper, *keys) == [GROSS, NOTHING]
    return keys[0], keys[1]


@pytest.mark.parametrize("looks", [(CUSTOMERS,), (OPEN,), (CUSTOMERS, OPEN)])
def test_item_of_sages_own_is_the_new_debtors(
    bookkeeper: Bookkeeper, looks: tuple[Look, ...]
) -> None:
    """Whoever had it owes it no more."""
    former, new = _two(bookkeeper)
    bookkeeper.own_item("A-1", 1001, "50.00", LAST)
    bookkeeper.look()
    assert _balances(bookkeeper, former, new) == [GROSS + 50, NOTHING]
    bookkeeper.set_item("A-1", LAST, PkKey=1002)
    bookkeeper.look(*looks)
    assert _balances(bookkeeper, former, new) == [GROSS, 50]


@pytest.mark.parametrize("looks", [(CUSTOMERS,), (OPEN,), (CUSTOMERS, OPEN)])
def test_carried_over_document_counts_once(bookkeeper: Bookkeeper, looks: tuple[Look, ...]) -> None:
    """It is still the document of whom it was written to, whoever owes it in Sage."""
    former, new = _two(bookkeeper)
    bookkeeper.carry_over("20250001", LAST)
    bookkeeper.look()
    assert _balances(bookkeeper, former, new) == [GROSS, NOTHING]
    for year in (LAST, THIS):
        bookkeeper.set_item("20250001", year, PkKey=1002)
    bookkeeper.look(*looks)
    assert _balances(bookkeeper, former, new) == [GROSS, NOTHING]
