"""Knows which record of Sage may be which of cobra's, and what speaks against it. Pure.

An equal number is a proposal, and so is an equal name at an equal place; neither is a proof.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from relay.rules.address.check import Checked
from relay.rules.address.facts import Row

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Ours:
    """An address of cobra."""

    key: str
    state: Checked
    uid: str = ""
    """The UID number of the firm, where it is mapped."""


@dataclass(frozen=True, slots=True)
class Account:
    """A debtor's account in one Sage year."""

    debtor: int
    address: str
    collective: str


@dataclass(frozen=True)
class Theirs:
    """What one Sage year holds."""

    rows: Mapping[str, Row]
    """Address number to Sage's row."""
    accounts: Mapping[int, Account]
    links: Mapping[str, str]
    """Key of cobra to the address number that it is linked to."""
    debtors: Mapping[str, int]
    """Key of cobra to the debtor that it is linked to."""
    before: Mapping[str, str] = field(default_factory=dict)
    """As `links`, of the mandant's preceding years: from them a link follows by itself."""

    @cached_property
    def by_name(self) -> Mapping[str, list[str]]:
        """Return plain name to address numbers."""
        found: dict[str, list[str]] = defaultdict(list)
        for number, row in self.rows.items():
            if name := plain(row.get("Corp", "")):
                found[name].append(number)
        return found

    @cached_property
    def taken(self) -> frozenset[str]:
        """Return the numbers that are linked."""
        return frozenset(self.links.values())

    def is_settled(self, one: Ours) -> bool:
        """Tell whether the link is there, or will follow from that of an earlier year."""
        return one.key in self.links or self.before.get(one.key) == one.state.number


@dataclass(frozen=True)
class Proposal:
    """A pair: an address of cobra and what Sage holds, in each year that is concerned."""

    ours: Ours
    number: str
    """Sage's address number; empty if there is only a debtor."""
    rows: Mapping[str, Row]
    """Year to Sage's address, empty where there is only a debtor."""
    debtor: int | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """Year to the debtor's account, where it belongs to another address."""
    doubts: tuple[str, ...] = ()
    """Codes of the text catalogue."""

    @cached_property
    def mark(self) -> str:
        """Return what names this pair as it stands: it changes with either record."""
        content = [
            self.ours.key, self.ours.state.number, sorted(self.ours.state.row.items()),
            self.ours.state.debtor_number, self.ours.uid, self.number,
            {year: sorted(row.items()) for year, row in self.rows.items()},
            [self.debtor, {year: [a.address, a.collective] for year, a in self.accounts.items()}],
        ]  # fmt: skip
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        # A letter first: Excel would take some hashes for numbers.
        return f"m{hashlib.sha256(text.encode()).hexdigest()[:20]}"

    @property
    def row(self) -> Row:
        """Return Sage's address in the newest year."""
        return next(reversed(list(self.rows.values())), {})

    @property
    def has_own_number(self) -> bool:
        """Tell whether Sage's number is the one that cobra assigned: only then it can be linked."""
        return self.number in {"", self.ours.state.number}


def plain(text: str) -> str:
    """Return a name as it is compared: without case, accents, punctuation and blanks.

    >>> plain("Käserei Müller & Co.")
    'kaesereimuellerco'
    """
    folded = text.casefold().translate(_GERMAN)
    parts = unicodedata.normalize("NFKD", folded)
    return "".join(letter for letter in parts if letter.isalnum())


def match(
    ours: Sequence[Ours], theirs: Mapping[str, Theirs], collective: Collection[str]
) -> list[Proposal]:
    """Return all pairs; `theirs` by year, the earliest first, `collective` as configured."""
    pairs = [pair for one in ours for pair in _pairs_of(one, theirs)]
    return _with_doubts(pairs, ours, theirs, collective)


def _pairs_of(one: Ours, theirs: Mapping[str, Theirs]) -> Iterator[Proposal]:
    own, name = one.state.number, plain(one.state.row.get("Corp", ""))
    years_of: dict[str, list[str]] = defaultdict(list)
    for year, held in theirs.items():
        if held.is_settled(one):
            continue
        if own in held.rows:
            years_of[own].append(year)
        for number in held.by_name.get(name, ()):
            is_near = _same_place(one.state.row, held.rows[number])
            if number != own and number not in held.taken and is_near:
                years_of[number].append(year)
    debtor, accounts = _accounts_of(one, theirs)
    for number, years in years_of.items():
        rows = {year: theirs[year].rows[number] for year in years}
        own_accounts = accounts if number == own else {}
        yield Proposal(one, number, rows, debtor if own_accounts else None, own_accounts)
    if accounts and own not in years_of:
        yield Proposal(one, "", {}, debtor, accounts)


def _accounts_of(
    one: Ours, theirs: Mapping[str, Theirs]
) -> tuple[int | None, Mapping[str, Account]]:
    """Return the debtor's accounts that belong to another address in Sage than to ours."""
    debtor_number = one.state.debtor_number
    if not (debtor_number.isascii() and debtor_number.isdigit()):
        return None, {}
    number = int(debtor_number)
    found = {
        year: held.accounts[number]
        for year, held in theirs.items()
        if number in held.accounts
        and one.key not in held.debtors
        and (
            held.accounts[number].address != one.state.number or not held.rows.get(one.state.number)
        )
    }
    return (number, found) if found else (None, {})


def _same_place(ours: Row, theirs: Row) -> bool:
    return any(
        plain(ours.get(tag, "")) == plain(theirs.get(tag, "")) != "" for tag in ("ACode", "City")
    )


def _with_doubts(
    pairs: Sequence[Proposal],
    ours: Sequence[Ours],
    theirs: Mapping[str, Theirs],
    collective: Collection[str],
) -> list[Proposal]:
    owners: dict[str, set[str]] = defaultdict(set)
    for held in theirs.values():
        for key, number in held.links.items():
            owners[number].add(key)
    crowd = _Crowd(
        of_key=Counter(pair.ours.key for pair in pairs),
        of_number=Counter(pair.number for pair in pairs if pair.number),
        uids=Counter(one.uid for one in ours if one.uid),
        owners=owners,
        collective=collective,
    )
    return [replace(pair, doubts=tuple(_doubts(pair, crowd))) for pair in pairs]


@dataclass(frozen=True, slots=True)
class _Crowd:
    """What is to be known of the others to doubt a pair."""

    of_key: Mapping[str, int]
    of_number: Mapping[str, int]
    uids: Mapping[str, int]
    owners: Mapping[str, set[str]]
    collective: Collection[str]


def _doubts(pair: Proposal, crowd: _Crowd) -> Iterator[str]:
    mine, row = pair.ours.state.row, pair.row
    other_name = plain(mine.get("Corp", "")) != plain(row.get("Corp", ""))
    other_place = any(
        plain(mine[tag]) != plain(row.get(tag, "")) for tag in ("ACode", "City") if tag in mine
    )
    in_years = {(plain(r.get("Corp", "")), plain(r.get("City", ""))) for r in pair.rows.values()}
    accounts = pair.accounts.values()
    holds = {
        "doubt_other_number": not pair.has_own_number,
        "doubt_other_name": bool(row) and other_name,
        "doubt_other_place": bool(row) and other_place,
        "doubt_linked": bool(crowd.owners.get(pair.number, set()) - {pair.ours.key}),
        "doubt_several": crowd.of_key[pair.ours.key] > 1,
        "doubt_several_ours": crowd.of_number[pair.number] > 1,
        "doubt_years_differ": len(in_years) > 1,
        "doubt_debtor_address": bool(accounts),
        "doubt_debtor_account": any(a.collective not in crowd.collective for a in accounts),
        "doubt_uid": crowd.uids[pair.ours.uid] > 1,
        "doubt_not_ready": pair.ours.state.blocker is not None,
    }
    return (code for code, is_so in holds.items() if is_so)
