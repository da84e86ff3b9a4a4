"""Knows how what is kept of a person is gathered: in cobra, in each Sage year, and by Sage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.admin.privacy.judged import Judged
from relay.admin.privacy.rows import OwnRow, rows_in_cobra, rows_in_sage
from relay.admin.privacy.subject import DataSubject, tables_of_sage
from relay.admin.read_only import Looked
from relay.sage.books.rows import read_rows
from relay.sage.year import SageYear
from relay.settings import Settings

COBRA = "cobra"
_SHOWN = (Judged.NUMBER, Judged.ACTOR, Judged.CONTENT, Judged.WORDS)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row in which the person stands."""

    place: str
    """`cobra`, or the name of a Sage year."""
    table: str
    """Of the relay's schema; or Sage's own."""
    is_sages: bool
    values: Mapping[str, Any]
    """Column (of Sage: tag) to what stands there, as far as something does."""


def kept_of(looked: Looked, settings: Settings, subject: DataSubject) -> Iterator[KeptRow]:
    """Yield everything that is kept of a person."""
    with looked.lock.reading() as connection:
        for row in rows_in_cobra(connection, subject):
            yield _own(COBRA, row)
    for name, year in looked.years.here.items():
        tables = tables_of_sage(settings, year)
        with year.transaction(0) as connection:
            for row in rows_in_sage(connection, subject):
                yield _own(name, row)
            for table, values in _sages(year, tables, subject):
                yield KeptRow(name, table, is_sages=True, values=values)


def _own(place: str, row: OwnRow) -> KeptRow:
    values = row.of_kind(*_SHOWN)
    times = {n: v for n, v in row.values.items() if n in {"created_at", "at", "linked_at"} and v}
    shown = {str(name): value for name, value in (values | times).items()}
    return KeptRow(place, row.name, is_sages=False, values=shown)


def _sages(
    year: SageYear, tables: Collection[str], subject: DataSubject
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield Sage's address, and of these tables its debtors and their open items."""
    fitting = [n for n in subject.numbers if year.sage_table("Adr").fits("AdrId", n)]
    for row in read_rows(year, "Adr", "AdrId", fitting):
        yield "Adr", _filled(row)
    if "PKd" not in tables:
        return
    debtors = read_rows(year, "PKd", "AdrId", fitting)
    for row in debtors:
        yield "PKd", _filled(row)
    for row in read_rows(year, "OPd", "PkKey", [row["PkKey"] for row in debtors]):
        yield "OPd", _filled(row)


def _filled(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {tag: value for tag, value in row.items() if value not in {None, ""}}
