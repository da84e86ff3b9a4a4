"""Knows how a year is noted, and how what Sage has written since is put beside the relay's plan."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import orjson
from sqlalchemy.engine import Connection

from relay.admin.learning.around import YearSeen, known_tables, surroundings
from relay.admin.learning.changes import (
    TableChanges,
    changes_since,
    notes_head,
    require_place,
)
from relay.admin.learning.counting import proposed_counters
from relay.admin.learning.differing import Comparison, compare
from relay.admin.learning.expected import Expected, expected_rows
from relay.admin.learning.line import Setting
from relay.admin.learning.pairing import PairedTable, paired
from relay.admin.learning.placing import place_tags
from relay.admin.learning.proposing import proposed
from relay.admin.learning.snapshot import noted
from relay.admin.lookup import records_named, records_numbered
from relay.admin.read_only import looking
from relay.base.errors import Refused, Unavailable
from relay.base.values import Entity, RecordId
from relay.database import dialect_of, survey_of
from relay.database.connecting import opened, year_engine
from relay.sage.layout import place_of
from relay.settings import Profile, Settings, Year


@dataclass(slots=True)
class Learnt:
    """All that a sample shows."""

    year: str
    tables: list[TableChanges] = field(default_factory=list)
    """Those in which anything is otherwise."""
    expected: Expected = field(default_factory=Expected)
    pairings: list[PairedTable] = field(default_factory=list)
    comparison: Comparison = field(default_factory=lambda: Comparison(0, []))
    lines: list[Setting] = field(default_factory=list)
    viewed: list[str] = field(default_factory=list)
    """Tables that the profile reads through a view: lines for what is behind say it nothing."""

    @property
    def missing(self) -> list[str]:
        """The tables of the reference for which none was found."""
        return [pairing.table for pairing in self.pairings if pairing.sage is None]


def note(settings: Settings, year: Year, file: Path) -> tuple[int, int]:
    """Write the notes of a year into a file that only its owner can read.

    Returns how many tables and rows there are.

    Raises:
        Unavailable: the year does not answer, or the file cannot be written.
    """
    tables = rows = 0
    beside = file.with_name(f"{file.name}.part")
    try:
        with _private(beside) as out, opened(year_engine(settings, year), _called(year)) as here:
            for line in noted(here, year.name):
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
    settings: Settings, file: Path, *, invoice: str | None = None, address: str | None = None
) -> Learnt:
    """Compare the year with its notes, and what is new there with the relay's own plan.

    Raises:
        Refused: there are no such notes, they are of another database, or cobra has no such record.
        Unavailable: a database does not answer.
    """
    seen = _seen(settings, file)
    found = Learnt(seen.year.name, [table for table in seen.changes if table.any])
    if invoice is None and address is None:
        return found
    found.expected = _expected(settings, invoice, address)
    sage = {each.table.name: each.inserted for each in seen.changes if each.inserted}
    found.pairings = paired(found.expected.rows, sage, seen.known)
    place_tags(found.pairings)
    found.comparison = compare(found.pairings)
    found.viewed = [p.table for p in found.pairings if p.table in seen.viewed]
    about = surroundings(seen, found.pairings)
    counters = proposed_counters(found.pairings, found.tables, about.numbered, about.given)
    proposals = proposed(found.pairings, about, counters)
    found.lines = [
        line
        for line in proposals
        if line.table not in found.viewed and not line.is_said(settings.sage.profile)
    ]
    return found


def _seen(settings: Settings, file: Path) -> YearSeen:
    profile = settings.sage.profile
    try:
        with file.open("rb") as lines:
            head = notes_head(next(lines, b""))
            year = settings.sage.named(head["year"])
            if year is None:
                raise Refused("learn_year_unknown", year=head["year"])
            with opened(year_engine(settings, year), _called(year)) as here:
                require_place(head, here)
                changes = list(changes_since(lines, here))
                survey = survey_of(here)
                user = survey.login(here).name
                known = known_tables(here, profile, [each.table for each in changes])
                named = profile.tables.keys() - known.keys()
                viewed = frozenset(name for name in named if _is(here, profile, name))
                here.rollback()
    except OSError as error:
        raise Refused("learn_notes_missing", file=file) from error
    return YearSeen(year, user, survey.numbers_unasked, changes, known, viewed)


def _is(connection: Connection, profile: Profile, name: str) -> bool:
    """Tell whether there is something by the name that the profile has for a table."""
    return bool(dialect_of(connection).columns(connection, place_of(connection, profile, name)))


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
                rows=(*whole.rows, *(row for row in one.rows if row not in whole.rows)),
                problems=(*whole.problems, *one.problems),
                year=whole.year or one.year,
            )
    return whole


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
