"""Knows how an address is read from cobra, and which row stands for a gone one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relay.base.values import Outcome
from relay.cobra.lock import Lock
from relay.cobra.reading.rows import Found, TableReader
from relay.rules.images import GONE, OWN_KEY, Flagged, Gone, Image
from relay.settings import Address

Read = Image | Gone | Outcome
"""A record as read; an outcome where it could not be read."""


class AddressReader:
    """Reads addresses from the configured table."""

    def __init__(self, lock: Lock, address: Address) -> None:
        """Find the table and its columns.

        Raises:
            Refused: the table or a column is missing.
        """
        self._address = address
        keys = () if address.parent is None else ("parent",)
        self._table = TableReader(lock, address, keys=keys)

    def read(self, keys: Sequence[str]) -> Mapping[str, Read]:
        """Read the addresses with these keys, each once."""
        return {key: self._read(row) for key, row in self._table.read(keys).items()}

    def _read(self, row: Found | Outcome) -> Read:
        if isinstance(row, Outcome):
            return row
        if not row.images:
            return GONE
        image = {**row.images[0], OWN_KEY: row.key}
        deleted = self._address.deleted
        gone = deleted is not None and deleted.holds(image["deleted"])
        return Flagged(image) if gone else image
