"""Prints invoices once the addresses are live: of confirmed, of doubtful and of new customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.golive.town import Customer, Kind, Town
from tests.world.databases import Databases
from tests.world.office import THIS, Office

FIRST_NEW = 300_000
"""Numbers that neither side has given yet."""


@dataclass(slots=True)
class Printed:
    """An invoice and whose it is."""

    key: str
    number: str
    customer: str
    """The customer's number when it is booked."""


@dataclass(slots=True)
class Invoicing:
    """Cobra's invoices go over as well, in the same year."""

    office: Office
    keys: dict[tuple[str, str], str]
    """Number and name to the key in cobra."""
    sure: list[Printed] = field(default_factory=list)
    doubtful: dict[str, Printed] = field(default_factory=dict)
    """By the number that is in doubt."""

    @classmethod
    def of(cls, databases: Databases, keys: dict[tuple[str, str], str]) -> Invoicing:
        """Let the bookkeeper complete the master data, and capture invoices too."""
        year = databases.settings().sage.year[-1].model_dump(mode="json")
        more = {"sage": {"year": [year]}, "relay": {"batch_size": 1000}}
        return cls(Office(databases, **more), keys)

    def print_all(self, town: Town, confirmed: dict[str, Customer], each: int) -> None:
        """Print invoices of some customers of each kind, and of some whom nobody knew before."""
        matched = [c for c in town.of(Kind.MATCH) if c.number in confirmed][:each]
        for customer in [*matched, *town.of(Kind.COBRA_ONLY)[:each]]:
            self.sure.append(self._print(self.keys[_who(customer)], customer.number))
        for at in range(each):
            number = str(FIRST_NEW + at)
            key = self.office.add(SAGENR0=number, COMPANY1=f"Neu {at} AG", ADDRTYPE0="Laufkunde")
            self.sure.append(self._print(key, number))
        for customer in self._unresolved(town, confirmed, each):
            printed = self._print(self.keys[_who(customer)], customer.number)
            self.doubtful[customer.number] = printed

    def _unresolved(
        self, town: Town, confirmed: dict[str, Customer], each: int
    ) -> Iterator[Customer]:
        for kind in (Kind.DRIFT, Kind.CLASH):
            yield from [c for c in town.of(kind) if c.number not in confirmed][:each]

    def _print(self, address: str, customer: str) -> Printed:
        number = f"2026{len(self.sure) + len(self.doubtful):05d}"
        return Printed(self.office.invoice(address, number=number), number, customer)

    def renumber(self, customers: list[Customer]) -> list[tuple[str, str]]:
        """Give customers whose number is another one's in Sage a number that is free."""
        given = []
        for at, customer in enumerate(customers):
            number = str(FIRST_NEW + 10_000 + at)
            key = self.keys[_who(customer)]
            self.office.change(key, SAGENR0=number)
            self.doubtful[customer.number].customer = number
            given.append((number, _who(customer)[1]))
        return given

    def booked(self) -> dict[str, str]:
        """Return the open items: number to debtor."""
        return {item: str(debtor) for item, (debtor, _) in self.office.items(THIS).items()}

    def states(self) -> set[tuple[str, str | None]]:
        """Return what the invoices of doubtful customers are."""
        newest = {e.entity_key: e for e in self.office.entries() if e.entity == "invoice"}
        return {(newest[p.key].status, newest[p.key].error_code) for p in self.doubtful.values()}


def _who(customer: Customer) -> tuple[str, str]:
    return customer.number, str((customer.cobra or {})["COMPANY1"])
