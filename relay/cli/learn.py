"""Knows the commands `learn before | after`: what Sage itself writes for a sample."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from relay.admin.learning.changes import TableChanges
from relay.admin.learning.line import fragment
from relay.admin.learning.report import Learnt, learn, note
from relay.admin.learning.telling import in_json, line_of, rows_told
from relay.base import texts
from relay.base.errors import Refused, Unavailable
from relay.cli.frame import Caller, Group, command, described
from relay.cli.options import FILE, as_json
from relay.settings import Settings, Year

NOTES = "learn.jsonl"
"""The notes' name, beside relay.toml."""
_file = click.option("--file", type=FILE, help=described("learn_file"))


@click.group("learn", cls=Group, help=described("learn"))
def learning() -> None:
    """Group the commands."""


@command("before", learning)
@click.option("--year", "name", help=described("learn_year"))
@_file
def before(who: Caller, name: str | None, file: Path | None) -> None:
    """Note a year, and say what to enter now."""
    year = _year(who.settings, name)
    file = file or _notes(who)
    tables, rows = note(who.settings, year, file)
    who.say("learn_noted", year=year.name, tables=tables, rows=rows, file=file)
    who.say("learn_enter")


@command("after", learning)
@click.argument("invoice", required=False)
@click.option("--address", metavar="KEY", help=described("learn_address"))
@_file
@as_json
@click.option("--to", type=FILE, help=described("learn_to"))
@click.option("--anonymous", is_flag=True, help=described("learn_anonymous"))
def after(
    who: Caller,
    invoice: str | None,
    address: str | None,
    file: Path | None,
    to: Path | None,
    *,
    as_json: bool,
    anonymous: bool,
) -> None:
    """Tell what is new, beside what the relay would have written."""
    learnt = learn(who.settings, file or _notes(who), invoice=invoice, address=address)
    report = in_json(learnt, who.language, anonymous=anonymous)
    if to is not None:
        try:
            to.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise Unavailable("learn_file", file=to, what=error.strerror or error) from error
    if as_json:
        who.put_json(report)
        return
    _put(who, learnt, is_beside=invoice is not None or address is not None)
    if to is not None:
        who.say("learn_written", file=to)


def _notes(who: Caller) -> Path:
    return who.config.parent / NOTES


def _year(settings: Settings, name: str | None) -> Year:
    """Return the year that was named, or else that of today, or the last one."""
    years = settings.sage.year
    if name is not None:
        found = settings.sage.named(name)
        if found is None:
            raise Refused("learn_year_unknown", year=name)
        return found
    today = datetime.now(UTC).date()
    return next((year for year in years if year.first_day <= today <= year.last_day), years[-1])


def _put(who: Caller, learnt: Learnt, *, is_beside: bool) -> None:
    for each in learnt.tables:
        _put_table(who, each)
    if not learnt.tables:
        who.say("learn_unchanged", year=learnt.year)
    if not is_beside:
        who.say("learn_name_invoice")
        return
    for problem in learnt.expected.problems:
        who.say("learn_not_planned", what=texts.of_problem(problem, who.language))
    if learnt.expected.year not in (None, learnt.year):
        who.say("learn_of_another_year", year=learnt.expected.year, here=learnt.year)
    if not learnt.expected.rows:
        return
    _put_plan(who, learnt)
    who.put("")
    who.put(fragment(learnt.lines, learnt.missing, who.language, learnt.viewed).rstrip())


def _put_table(who: Caller, found: TableChanges) -> None:
    who.say(
        "learn_table",
        table=found.table.name,
        inserted=len(found.inserted),
        changed=len(found.changed),
        deleted=found.deleted,
    )
    for row in found.inserted:
        who.put(f"  + {rows_told(list(row.items()))}")
    for changed in found.changed:
        names = [n for n in found.table.names if n in found.table.key or n in changed.columns]
        marked = [(f"{n}*" if n in changed.columns else n, changed.row[n]) for n in names]
        who.put(f"  ~ {rows_told(marked)}")
    if found.more:
        who.say("learn_more", count=found.more)
    if found.is_large:
        who.say("learn_by_range")


def _put_plan(who: Caller, learnt: Learnt) -> None:
    who.put("")
    table = who.table("head_learn_table", "head_learn_sage_table", "head_learn_rows")
    for pairing in learnt.pairings:
        count = f"{len(pairing.pairs)} / {len(pairing.pairs) + len(pairing.missing)}"
        table.add_row(pairing.table, pairing.sage or "-", count)
    who.put_table(table)
    found = learnt.comparison
    who.say("learn_compared", equal=found.equal, differences=len(found.differences))
    for difference in found.differences:
        who.put(f"  {line_of(difference, who.language)}")
