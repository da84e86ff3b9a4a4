"""Knows who the debtor of an invoice is: the main or single address, or the address itself. Pure.

Source: main, sub and single addresses of cobra; a sub address names its main address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relay.base.spelling import as_key
from relay.base.values import Outcome
from relay.rules.address.check import Checked, main_of, texts_of
from relay.rules.images import OWN_KEY, Flagged, Gone, Image, InvoiceImage
from relay.rules.invoice.invoice import About, Customer
from relay.settings import Address

Addresses = Mapping[str, Image | Gone | Outcome]
NAMED = frozenset(["firm", "last_name", "first_name", "sage_address_number"])
Checking = Callable[[Image | Gone | Outcome], Checked | Gone | Outcome]


def customer_of(
    read: InvoiceImage, addresses: Addresses, section: Address, check: Checking
) -> Customer | None:
    """Return the debtor of an invoice, None if the invoice names no address.

    A main address that cobra does not hold any more leaves the sub address waiting, since that
    one has to be corrected.
    """
    key = read.address_key
    if not key:
        return None
    address = addresses[key]
    if not isinstance(address, Mapping):
        name = name_of(address.image, section) if isinstance(address, Flagged) else key
        return Customer(key, name, check(address))
    own = str(address[OWN_KEY])
    main = main_of(address)
    if section.debtor == "self" or not main or main not in addresses:
        return Customer(own, name_of(address, section), check(address))
    parent = addresses[main]
    if not isinstance(parent, Mapping):
        return Customer(own, name_of(address, section), check(parent))
    return Customer(str(parent[OWN_KEY]), name_of(parent, section), check(parent))


def name_of(address: Image, section: Address) -> str:
    """Return the name under which people know an address."""
    texts = texts_of(address, NAMED & section.fields.keys())
    person = " ".join(filter(None, (texts.get("last_name"), texts.get("first_name"))))
    return texts.get("firm") or person or texts["sage_address_number"]


def called(address: Image, section: Address) -> str:
    """Return how people call an address: its number in Sage and its name, as far as it has them."""
    return str(about_address(address, section))


def about_address(address: Image, section: Address) -> About:
    """Return the same part by part."""
    number, name = as_key(address["sage_address_number"]), name_of(address, section)
    return About(number, "" if name == number else name, "", None)
