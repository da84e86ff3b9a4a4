"""Counts what a target lacks, holds twice, got in the wrong order or shows too old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Change(NamedTuple):
    """A clerk's change of an address; changes are numbered in the order of their commits."""

    number: int
    address: str


class Kept(NamedTuple):
    """How far a target is from what was saved."""

    lost: int
    """Saved changes that the target does not know."""
    double: int
    """Arrivals of a change that had arrived before."""
    out_of_order: int
    """Arrivals of a change after a newer one of the same address."""
    stale: int
    """Addresses that in the end do not show their newest change."""

    def __str__(self) -> str:
        """Say it in the report's words."""
        return (
            f"{self.lost} lost, {self.double} double, {self.out_of_order} out of order,"
            f" {self.stale} stale"
        )


def kept(
    saved: Iterable[Change],
    arrived: Iterable[Change],
    stands: Mapping[str, int],
    ledger: Mapping[str, int] | None = None,
) -> Kept:
    """Compare what was saved with the target's own log of arrivals, and with what it shows.

    A side that carries states writes only the newest of several changes; its target knows the
    others by a `ledger`, of which the number of entries for each address is given. Without one a
    change is known if it arrived.
    """
    of_address: dict[str, set[int]] = {}
    for change in saved:
        of_address.setdefault(change.address, set()).add(change.number)
    seen: dict[str, set[int]] = {}
    double = out_of_order = 0
    for number, address in arrived:
        before = seen.setdefault(address, set())
        double += number in before
        out_of_order += number < max(before, default=0)
        before.add(number)
    known = ledger or Counter({address: len(numbers) for address, numbers in seen.items()})
    lost = sum(
        max(0, len(numbers) - known.get(address, 0)) for address, numbers in of_address.items()
    )
    stale = sum(stands.get(address) != max(numbers) for address, numbers in of_address.items())
    return Kept(lost, double, out_of_order, stale)
