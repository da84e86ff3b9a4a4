"""Knows what decides what is done with an address: its link, and what a Sage year holds of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relay.base.numbers import is_whole
from relay.rules.address.check import Checked

LOCK_TAG = "PKd.WrnLk"
"""In a link's content: the debtors whose reminder lock policy `lock` set, and nobody before it."""

LOST_TAG = "lost"
"""In a link's content: a restored cobra lacked the record, so its key may be given once more."""
ERASED_TAG = "erased"
"""In a link's content, in place of what was sent: which tags it were; it was to be erased."""
GONE_TAG = "gone"
"""In a link's content: cobra deleted the record, and policy `keep` has seen it."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """Which address number in Sage belongs to a record of cobra, and what was last sent."""

    key: str
    number: str
    content: Row
    uid: str = ""
    """The UID, for which Sage has no column."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's word that a record of cobra is a record of Sage, which stood there like this."""

    number: str
    """Sage's address number; empty if only the debtor was there."""
    stands: str
    """The fingerprint of Sage's address; empty if there was none in this year."""
    debtor: int | None = None
    debtor_address: str = ""
    """The address number of Sage's debtor account."""
    cobra: str = ""
    """The fingerprint of cobra's record; empty where none was kept."""

    def is_about(self, state: Checked) -> bool:
        """Tell whether cobra's record is still the one that the person saw."""
        return self.cobra in {"", fingerprint_of(state)}


def fingerprint(row: Row) -> str:
    """Return a hash of what Sage holds of an address; empty columns do not count."""
    filled = sorted((tag, text) for tag, text in row.items() if text)
    return hashlib.sha256(repr(filled).encode()).hexdigest()[:20]


def fingerprint_of(state: Checked) -> str:
    """Return a hash of what cobra says of an address: all that Sage is to hold, and its numbers."""
    numbers = {"number": state.number, "debtor": state.debtor_number, "uid": state.uid}
    return fingerprint({**state.row, **numbers})


@dataclass(slots=True)
class Facts:
    """What a Sage year holds about a batch, read in the transaction that will write."""

    links: dict[str, Link] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Number to the key of the record that is linked to it, or will be by this batch."""
    rows: dict[str, Row] = field(default_factory=dict)
    """Number to Sage's row, by tag, as text."""
    raw: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Number to Sage's row, by tag, as it stands."""
    doubled: set[str] = field(default_factory=set)
    """Numbers of which Sage has several rows."""
    confirmed: Mapping[str, tuple[Confirmation, ...]] = field(default_factory=dict)
    """Key to what a person confirmed, of records that may need it."""
    erased: Mapping[str, str] = field(default_factory=dict)
    """Key to the number of records whose data was erased, of those that are not linked here."""
    followed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Key to the records that cobra holds no more and whose place it took, as a person decided."""
    lengths: Mapping[str, int | None] = field(default_factory=dict)
    """Tag to the length of its column; a tag that is missing here has no column."""
    narrow: frozenset[str] = frozenset()
    """Tags whose column takes the letters of Windows-1252 only."""
    numbers: Mapping[str, type] = field(default_factory=dict)
    """Tags whose column holds a number, with Python's type of it."""
    alike: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Name, postcode and street (`likeness`), or a UID, to an address number that has them."""
    open_items: Mapping[str, int] = field(default_factory=dict)
    """Address number to its open items, for addresses that are gone."""
    locks: Mapping[str, Mapping[int, int]] | None = None
    """Address number to the reminder lock of each of its debtors, of those that may change it;
    None: they were not read."""

    numeric: bool = False
    """Whether Sage's address number is a whole number."""

    def locks_of(self, number: str) -> Mapping[int, int] | None:
        """Return the reminder locks of an address's debtors, None if they are not known."""
        return None if self.locks is None else self.locks.get(number, {})

    def is_same(self, key: str, before: str) -> bool:
        """Tell whether a record is the one of before, or took its place."""
        return key == before or before in self.followed.get(key, ())

    def expect(self, link: Link) -> None:
        """Let the records that are planned next see a link that will be there by then."""
        self.owners[link.number] = link.key
        self.alike[likeness(link.content)] = link.number
        if link.uid:
            self.alike[link.uid,] = link.number


def likeness(row: Row) -> tuple[str, ...]:
    """Return what two addresses of the same person have in common, whatever their case."""
    return tuple(row.get(tag, "").casefold() for tag in ("Corp", "ACode", "Road"))


def without_zeros(number: str) -> str:
    """Return an address number as a Sage shows it that keeps it as a whole number."""
    return number.lstrip("0") or "0" if is_whole(number) else number
