"""Knows how both sides are read for proposals: all selected addresses, and all that Sage holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from relay.admin.adoption.matching import Account, Ours, Proposal, Theirs, match
from relay.admin.meant import selected_records
from relay.admin.read_only import Looked, YearLookedAt
from relay.base.errors import MisreadError
from relay.base.spelling import as_key
from relay.base.values import Outcome
from relay.cobra.reading.records import AddressReader
from relay.engine.checking import checked_address
from relay.rules.address.check import Checked
from relay.rules.address.facts import Row, without_zeros
from relay.rules.invoice.books import whole
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class Proposals:
    """Every pair that a person has to decide, those without a doubt first."""

    pairs: list[Proposal]
    unread: list[str]
    """Keys of addresses that cannot be read or checked now: they may have a counterpart."""
    misread: Mapping[str, Sequence[MisreadError]]
    """Year to what cannot be read of its debtors: they may belong to one of the addresses."""


def propose(looked: Looked, settings: Settings) -> Proposals:
    """Return every pair that a person has to decide.

    Raises:
        Refused: `adopt_years_missing`: a year that cannot be read may hold what decides.
    """
    looked.years.require_all()
    years = looked.years.here
    theirs: dict[str, Theirs] = {}
    misread: dict[str, list[MisreadError]] = {name: [] for name in years}
    for name, year in years.items():
        before = settings.sage.before(year.settings)
        earlier = theirs.get(before.name) if before is not None else None
        theirs[name] = _theirs(year, settings, earlier, misread[name])
    ours, unread = _ours(looked, settings, next(iter(years.values())))
    pairs = match(ours, theirs, settings.sage.collective_account.values())
    pairs.sort(key=lambda pair: (bool(pair.doubts), pair.ours.state.number, pair.number))
    return Proposals(pairs, unread, {name: some for name, some in misread.items() if some})


def _ours(looked: Looked, settings: Settings, year: YearLookedAt) -> tuple[list[Ours], list[str]]:
    with looked.lock.reading() as connection:
        keys = [record.key for record in selected_records(connection, settings)]
    reads = AddressReader(looked.lock, settings.cobra.address).read(keys)
    found, unread = [], []
    for key, read in reads.items():
        state = checked_address(read, settings)
        if isinstance(state, Outcome):
            unread.append(key)
        elif isinstance(state, Checked) and isinstance(read, Mapping):
            number = without_zeros(state.number) if year.has_whole_numbers else state.number
            uid = as_key(read.get("uid_number"))
            found.append(Ours(key, replace(state, number=number), uid))
    return found, unread


def _theirs(
    year: YearLookedAt, settings: Settings, earlier: Theirs | None, misread: list[MisreadError]
) -> Theirs:
    adr, link, debtor = year.sage_table("Adr"), year.tables.link, year.tables.debtor
    with year.transaction(0) as connection:
        query = adr.query()
        rows = [
            {tag: "" if value is None else str(value).rstrip(" ") for tag, value in row.items()}
            for row in connection.execute(query).mappings()
        ]
        links = dict(connection.execute(select(link.c.entity_key, link.c.number)).all())
        debtors = dict(connection.execute(select(debtor.c.entity_key, debtor.c.number)).all())
    accounts = {} if settings.invoices is None else _accounts(year, misread)
    by_number: dict[str, Row] = {row["AdrId"]: row for row in rows}
    before = {} if earlier is None else {**earlier.before, **earlier.links}
    return Theirs(by_number, accounts, links, debtors, before)


def _accounts(year: YearLookedAt, misread: list[MisreadError]) -> dict[int, Account]:
    pkd = year.sage_table("PKd")
    query = pkd.query("PkKey", "AdrId", "AccId")
    with year.transaction(0) as connection:
        rows = pkd.rows(connection, query, misread)
    numbered = {whole(row, "PKd", "PkKey"): row for row in rows if row["PkKey"] is not None}
    return {
        number: Account(number, str(row["AdrId"] or ""), str(row["AccId"] or ""))
        for number, row in numbered.items()
    }
