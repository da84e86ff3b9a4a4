"""Knows the command `compare`: what is linked or booked, against cobra and Sage as they are."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from relay.admin.comparing.finding import Mismatch, notice, to_notice
from relay.admin.comparing.sweep import Scope, Sweep
from relay.admin.naming import names_of
from relay.admin.read_only import Looked, looking
from relay.base import texts
from relay.base.errors import Exit, Refused, WrongCall
from relay.base.values import Entity, Person, RecordId
from relay.cli.frame import Caller, command, described
from relay.cli.options import SheetFile, as_json, in_a_file, reason_if_needed
from relay.cli.words import DAY
from relay.database.connecting import cobra_engine, opened

_HEADS = {
    "kind": "head_finding", "entity": "head_record", "key": "head_key", "number": "head_number",
    "name": "head_name", "year": "head_year", "field": "head_field", "cobra": "head_in_cobra",
    "sage": "head_in_sage", "side": "head_changed_in", "note": "head_text",
}  # fmt: skip
"""What a line tells, to the head of its column in the file."""
SHOWN = 500
"""Findings that the table shows; a file has all."""


@command("compare")
@click.option("--addresses", is_flag=True, help=described("compare_addresses"))
@click.option("--invoices", is_flag=True, help=described("compare_invoices"))
@click.option("--since", type=DAY, help=described("compare_since"))
@click.option("--year", help=described("compare_year"))
@click.option("--notice", "notices", is_flag=True, help=described("compare_notice"))
@reason_if_needed
@in_a_file
@as_json
def compare(
    who: Caller,
    since: datetime | None,
    year: str | None,
    sheet: SheetFile | None,
    person: Person | None,
    *,
    addresses: bool,
    invoices: bool,
    notices: bool,
    as_json: bool,
) -> None:
    """Compare, tell, and end with `Exit.FINDINGS` if anything differs."""
    known = who.settings.sage.names
    if year is not None and year not in known:
        raise Refused("cli_year_unknown", year=year, known=", ".join(known))
    if notices != (person is not None):
        raise WrongCall("compare_notice_why")
    kinds = {Entity.ADDRESS: addresses, Entity.INVOICE: invoices}
    wanted = frozenset(kind for kind, is_wanted in kinds.items() if is_wanted) or frozenset(Entity)
    scope = Scope(wanted, None if since is None else since.date(), year)
    with looking(who.settings) as looked, _spared_collector():
        report = _Report(who, looked, scope)
        report.read()
    report.put(sheet, as_json=as_json)
    if person is not None:
        _notice(who, report.findings, person, silent=as_json)
    if report.findings:
        raise click.exceptions.Exit(Exit.FINDINGS)
    if report.missed:
        raise click.exceptions.Exit(Exit.UNAVAILABLE)


@contextmanager
def _spared_collector() -> Iterator[None]:
    """Let Python look for cycles among what pages leave behind only: a tenth of the time."""
    if gc.get_freeze_count():  # whoever called did so
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _notice(who: Caller, found: Sequence[Mismatch], person: Person, *, silent: bool) -> None:
    records = to_notice(found)
    if records:
        with opened(cobra_engine(who.settings), "cobra") as connection:
            notice(connection, records, person)
    if not silent:
        who.say("compare_noticed", records=len(records))


class _Report:
    """A comparison, and how it is told."""

    def __init__(self, who: Caller, looked: Looked, scope: Scope) -> None:
        self._who = who
        self._looked = looked
        self._scope = scope
        self.findings: list[Mismatch] = []
        self.names: dict[RecordId, str] = {}
        self.records = self.left = 0
        self.missed: dict[str, str] = {}

    def read(self) -> None:
        """Compare everything."""
        who, looked = self._who, self._looked
        sweep = Sweep(looked.lock, looked.years, who.settings, self._scope)
        for page in sweep.patiently():
            self.findings += page.findings
            self.records += page.records
            self.left += page.left
            with looked.lock.reading() as connection:
                records = [one.record for one in page.findings]
                self.names |= names_of(connection, who.settings, records) if records else {}
        of_year = {name: looked.years.missed.get(name) for name in sorted(sweep.missed)}
        self.missed = {
            name: "" if error is None else texts.of_error(error, who.language)
            for name, error in of_year.items()
        }

    def put(self, sheet: SheetFile | None, *, as_json: bool) -> None:
        """Tell it."""
        who = self._who
        written = 0 if sheet is None else sheet.put(who, _HEADS, map(self._worded, self.findings))
        if as_json:
            counts = {"records": self.records, "left": self.left, "missed": self.missed}
            who.put_json({**counts, "findings": [self._line(one) for one in self.findings]})
            return
        if sheet is None:
            self._put_table()
        else:
            who.say("cli_sheet_written", file=sheet.path, lines=written)
        for name, what in self.missed.items():
            who.say("compare_year_missed", year=name, what=what)
        if self.left:
            who.say("compare_left", count=self.left)
        who.say("compare_done", records=self.records, count=len(self.findings))

    def _put_table(self) -> None:
        if not self.findings:
            return
        who = self._who
        table = who.table(
            "head_finding", "head_record", "head_year", "head_field", "head_in_cobra",
            "head_in_sage", "head_changed_in",
        )  # fmt: skip
        for one in self.findings[:SHOWN]:
            line = self._worded(one)
            record = texts.record_called(one.record, who.language, self.names.get(one.record))
            cells = (line[name] or "-" for name in ("year", "field", "cobra", "sage", "side"))
            table.add_row(line["kind"], record, *cells)
        who.put_table(table)
        if len(self.findings) > SHOWN:
            who.say("compare_more", shown=SHOWN)
        for kind, count in Counter(one.kind for one in self.findings).items():
            who.say("compare_of_kind", kind=who.text(f"compare_kind_{kind}"), count=count)
            who.put(f"  {who.text(f'compare_advice_{kind}')}")

    def _worded(self, one: Mismatch) -> dict[str, Any]:
        who, line = self._who, self._line(one)
        return line | {
            "entity": who.text(f"record_{one.record.entity}", key="").strip(),
            "kind": who.text(f"compare_kind_{one.kind}"),
            "side": who.text(f"compare_side_{one.side}"),
        }

    def _line(self, one: Mismatch) -> dict[str, Any]:
        note = None if one.problem is None else texts.of_problem(one.problem, self._who.language)
        return {
            "kind": str(one.kind), "entity": one.record.entity, "key": one.record.key,
            "number": one.number or None, "name": self.names.get(one.record), "year": one.year,
            "field": one.field or None, "cobra": one.cobra, "sage": one.sage,
            "side": str(one.side), "note": note,
        }  # fmt: skip
