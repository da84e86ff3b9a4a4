"""Knows how a year is noted, and how what Sage has written since is put beside the relay's plan."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO

import orjson
from sqlalchemy.engine import Connection

from relay.admin.learning.changes import (
    TableChanges,
    changes_since,
    notes_head,
    require_place,
)
from relay.admin.learning.counting import proposed_counters
from relay.admin.learning.differing import Comparison, compare
from relay.admin.learning.expected import Expected, ExpectedRow, expected_rows
from relay.admin.learning.filling import Surroundings
from relay.admin.learning.line import Line
from relay.admin.learning.pairing import KnownTable, Pairing, paired
from relay.admin.learning.placing import place_tags
from relay.admin.learning.proposing import proposed
from relay.admin.learning.snapshot import LARGE, SageRows, noted
from relay.admin.lookup import records_named, records_numbered
from relay.admin.read_only import looking
from relay.base.errors import Refused, Unavailable
from relay.base.values import Entity, RecordId
from relay.database import dialect_of, survey_of
from relay.database.connecting import opened, year_engine
from relay.sage.reference import REFERENCE
from relay.settings import Profile, Settings, Year

NAMES_ENOUGH = 2
"""So many columns by known names make a table of a known name the one that is meant."""


@dataclass(slots=True)
class Learnt:
    """All that a sample shows."""

    year: str
    tables: list[TableChanges] = field(default_factory=list)
    """Those in which anything is otherwise."""
    expected: Expected = field(default_factory=Expected)
    pairings: list[Pairing] = field(default_factory=list)
    comparison: Comparison = field(default_factory=lambda: Comparison(0, []))
    lines: list[Line] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The tables of the reference for which none was found."""
        return [pairing.table for pairing in self.pairings if pairing.sage is None]


def note(settings: Settings, year: Year, file: Path, *, large: int = LARGE) -> tuple[int, int]:
    """Write the notes of a year into a file that only its owner can read.

    Returns how many tables and rows there are.

    Raises:
        Unavailable: the year does not answer, or the file cannot be written.
    """
    tables = rows = 0
    beside = file.with_name(f"{file.name}.part")
    try:
        with _private(beside) as out, opened(year_engine(settings, year), _called(year)) as here:
            for line in noted(here, year.name, large=large):
                out.write(line + b"\n")
                if line.startswith(b"{") and b'"rows":' in line:
                    tables, rows = tables + 1, rows + orjson.loads(line)["rows"]
            here.rollback()
        beside.replace(file)
    except OSError as error:
        raise Unavailable("learn_file", file=file, what=error.strerror or error) from error
    finally:
        beside.unlink(missing_ok=True)
    return tables, rows


def _private(file: Path) -> IO[bytes]:
    file.unlink(missing_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _called(year: Year) -> str:
    return f"Sage {year.name}"


def learn(
    settings: Settings,
    file: Path,
    *,
    invoice: str | None = None,
    address: str | None = None,
    large: int = LARGE,
) -> Learnt:
    """Compare the year with its notes, and what is new there with the relay's own plan.

    Raises:
        Refused: there are no such notes, they are of another database, or cobra has no such record.
        Unavailable: a database does not answer.
    """
    try:
        with file.open("rb") as lines:
            head = notes_head(next(lines, b""))
            year = _year_of(settings, head["year"])
            with opened(year_engine(settings, year), _called(year)) as here:
                require_place(head, here)
                changes = list(changes_since(lines, here, large=large))
                survey = survey_of(here)
                user, unasked = survey.login(here).name, survey.numbers_unasked
                known = known_tables(here, settings.sage.profile, [each.table for each in changes])
                here.rollback()
    except OSError as error:
        raise Refused("learn_notes_missing", file=file) from error
    found = Learnt(year.name, [table for table in changes if table.any])
    if invoice is None and address is None:
        return found
    found.expected = _expected(settings, invoice, address)
    sage = {each.table.name: each.inserted for each in changes if each.inserted}
    found.pairings = paired(found.expected.rows, sage, known)
    place_tags(found.pairings)
    found.comparison = compare(found.pairings)
    about = _surroundings(year, user, changes)
    about = replace(about, masters=_masters(found.pairings, known, changes))
    about = replace(about, given=frozenset()) if unasked else about
    counters = proposed_counters(found.pairings, found.tables, about.numbered, about.given)
    proposals = proposed(found.pairings, about, counters)
    found.lines = [line for line in proposals if not line.is_said(settings.sage.profile)]
    return found


def _masters(
    pairings: Sequence[Pairing], known: Mapping[str, KnownTable], changes: Sequence[TableChanges]
) -> Mapping[str, list[str]]:
    """Return the columns of tables that are there and have no new rows of ours."""
    columns = {each.table.name: each.table.names for each in changes}
    paired = {pairing.table for pairing in pairings}
    return {name: columns[table.name] for name, table in known.items() if name not in paired}


def _year_of(settings: Settings, name: str) -> Year:
    """Return the configured year of which notes are."""
    year = next((year for year in settings.sage.year if year.name == name), None)
    if year is None:
        raise Refused("learn_year_unknown", year=name)
    return year


def _expected(settings: Settings, invoice: str | None, address: str | None) -> Expected:
    """Plan what was named; an invoice brings its customer's address along."""
    whole = Expected()
    with looking(settings) as looked:
        for entity, name in ((Entity.INVOICE, invoice), (Entity.ADDRESS, address)):
            if name is None:
                continue
            with looked.lock.reading() as connection:
                record = _named(connection, settings, entity, name)
            one = expected_rows(looked, settings, record)
            whole = replace(
                whole,
                rows=(*whole.rows, *_not_among(whole.rows, one.rows)),
                problems=(*whole.problems, *one.problems),
                year=whole.year or one.year,
            )
    return whole


def _not_among(known: Sequence[ExpectedRow], rows: Sequence[ExpectedRow]) -> Iterator[ExpectedRow]:
    return (row for row in rows if row not in known)


def _named(connection: Connection, settings: Settings, entity: Entity, name: str) -> RecordId:
    numbered = records_numbered(connection, settings, name)
    found = [record for record in numbered if record.entity == entity]
    found = found or records_named(connection, settings, f"{entity}:{name}")
    if not found:
        raise Refused("trial_unknown", key=name)
    if len(found) > 1:
        keys = ", ".join(record.key for record in found)
        raise Refused("learn_several", key=name, keys=keys)
    return found[0]


def known_tables(
    connection: Connection, profile: Profile, tables: Sequence[SageRows]
) -> Mapping[str, KnownTable]:
    """Return the tables of the reference that are there by the names that the profile says."""
    found = {}
    for name, tags in REFERENCE.items():
        where = dialect_of(connection).locate(profile.tables.get(name, name), None)
        table = next((t for t in tables if _is_at(t, where.schema, where.name)), None)
        if table is None:
            continue
        real = {column.casefold(): column for column in table.names}
        wanted = {tag: profile.columns.get(name, {}).get(tag, tag).casefold() for tag in tags}
        columns = {tag: real[column] for tag, column in wanted.items() if column in real}
        if len(columns) >= NAMES_ENOUGH or name in profile.tables:
            found[name] = KnownTable(table.name, columns)
    return found


def _is_at(table: SageRows, schema: str | None, name: str) -> bool:
    same = table.where.name.casefold() == name.casefold()
    return same and (schema is None or (table.where.schema or "").casefold() == schema.casefold())


def _surroundings(year: Year, user: str, changes: Sequence[TableChanges]) -> Surroundings:
    tables = [each.table for each in changes]
    numbered = {t.name: t.numbered or t.key[0] for t in tables if t.numbered or len(t.key) == 1}
    return Surroundings(
        now=datetime.now().astimezone().replace(tzinfo=None),
        user=user,
        year=year.name,
        mandant=year.mandant,
        numbered=numbered,
        given=frozenset(t.name for t in tables if t.numbered),
    )
