"""Knows a record as it is committed in cobra now, or that it is gone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.base.values import RecordId

Image = Mapping[str, Any]
"""The mapped fields of a record as committed in cobra now: our field name to its typed value."""


OWN_KEY = "own_key"
"""In an address's image: its key as cobra itself spells it."""


class Gone:
    """A record that cobra does not hold any more (deleted, or flagged as deleted)."""


GONE = Gone()


class Flagged(Gone):
    """A record that cobra only flags as deleted: it is gone, and people still know its name."""

    def __init__(self, image: Image) -> None:
        """Take the mapped fields as they were."""
        self.image = image


@dataclass(frozen=True, slots=True)
class InvoiceImage:
    """An invoice as committed in cobra now: header and positions, by our field names."""

    header: Image
    positions: Sequence[Image]

    @property
    def address_key(self) -> str | None:
        """The text of the key of the address that it is written to."""
        key: str | None = self.header["address_key"]
        return key


@dataclass(frozen=True, slots=True)
class Misspelled(Gone):
    """A key that only a collation takes for another's: the record itself is `record`."""

    record: RecordId
