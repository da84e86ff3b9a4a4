"""Knows the command `journal`: cobra's totals against Sage's, as a bookkeeper checks them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from relay.admin.journal import (
    Decided,
    Difference,
    Journal,
    NetAndTax,
    Remark,
    both_sums,
    cells,
    decisions_on,
    money,
    read_journal,
)
from relay.admin.read_only import looking
from relay.base.errors import Exit, Refused, WrongCall
from relay.base.spelling import as_key
from relay.cli.frame import Caller, command, described
from relay.cli.options import FILE, SheetFile, as_json, in_a_file
from relay.cli.words import DAY, MONTH

_ODD = re.compile(r"[^\w.-]+")
_HEADS = {
    "kind": "head_kind", "mandant": "head_mandant", "tax_key": "head_vat",
    "account": "head_account", "invoice": "head_number", "key": "head_key",
    "customer": "head_customer", "day": "head_date", "cobra_net": "head_cobra_net",
    "cobra_tax": "head_cobra_tax", "sage_net": "head_sage_net", "sage_tax": "head_sage_tax",
    "difference": "head_difference", "reason": "head_reason", "note": "head_text",
}  # fmt: skip
"""What a line tells, to the head of its column in the file."""


@command("journal")
@click.option("--day", type=DAY, help=described("journal_day"))
@click.option("--month", type=MONTH, help=described("journal_month"))
@click.option("--mandant", help=described("journal_mandant"))
@in_a_file
@click.option("--pdf", "paper", type=FILE, help=described("journal_pdf"))
@as_json
def journal(
    who: Caller,
    day: datetime | None,
    month: datetime | None,
    mandant: str | None,
    sheet: SheetFile | None,
    paper: Path | None,
    *,
    as_json: bool,
) -> None:
    """Compare, tell, and end with `Exit.FINDINGS` if anything differs."""
    given = [one for one in (day, month) if one is not None]
    if len(given) != 1:
        raise click.UsageError(who.text("journal_which_days"))
    first, last = _days(given[0], month)
    settings = who.settings
    mandants = settings.sage.mandants
    mandant = None if mandant is None else as_key(mandant)
    if mandant is not None and mandant not in mandants:
        raise WrongCall("cli_mandant_unknown", mandant=mandant, known=", ".join(mandants))
    if settings.invoices is None:
        raise Refused("journal_without_invoices")
    with looking(settings) as looked:
        found = read_journal(looked, settings, first, last, mandant)
        with looked.lock.reading() as connection:
            decided = [] if paper is None else decisions_on(connection, found.printed)
    written = 0
    if sheet is not None:
        written = sheet.put(who, _HEADS, _in_words(who, found))
    if as_json:
        who.put_json(_in_json(who, found, first, last))
    else:
        _put(who, found, first, last)
        if sheet is not None:
            who.say("cli_sheet_written", file=sheet.path, lines=written)
    if paper is not None:
        papers = Papers(found, (first, last), decided, [mandant] if mandant else list(mandants))
        papers.write(who, paper, is_told=not as_json)
    if found.differences:
        raise click.exceptions.Exit(Exit.FINDINGS)


@dataclass(frozen=True, slots=True)
class Papers:
    """The PDFs: a file for each mandant."""

    found: Journal
    days: tuple[date, date]
    decided: Sequence[Decided]
    mandants: Sequence[str]

    def write(self, who: Caller, file: Path, *, is_told: bool) -> None:
        """Write them; where there are several mandants, the name of each is in its file's.

        Raises:
            Refused: `cli_pdf_missing`, or `cli_file_not_written`.
        """
        try:
            from relay.extras.paper.journal import (  # noqa: PLC0415 - needs another package
                of_mandant,
                write_journal,
            )
        except ImportError as error:
            raise Refused("cli_pdf_missing") from error
        for mandant in self.mandants:
            of_one = file if len(self.mandants) == 1 else file.with_stem(_named(file, mandant))
            paper = of_mandant(self.found, mandant, self.days, self.decided)
            write_journal(of_one, paper, who.language)
            if is_told:
                who.say("journal_paper_written", file=of_one)


def _named(file: Path, mandant: str) -> str:
    """Return a file's name with the mandant's, as any system allows it."""
    return f"{file.stem}-{_ODD.sub('_', mandant)}"


def _days(day: datetime, month: datetime | None) -> tuple[date, date]:
    """Return the first and the last day that were asked for."""
    if month is None:
        return day.date(), day.date()
    first = month.date()
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _in_words(who: Caller, found: Journal) -> Iterator[dict[str, Any]]:
    """Return the lines of the file in the operator's words."""
    for line in _lines(who, found):
        worded = line | {"kind": who.text(f"kind_{line['kind']}")}
        if "reason" in line:
            worded["reason"] = who.text(f"reason_{line['reason']}")
        yield worded


def _put(who: Caller, found: Journal, first: date, last: date) -> None:
    who.say("journal_title", first=first, last=last, count=found.invoices)
    if found.rows:
        _put_rows(who, found)
    for remark in found.remarks:
        who.say("journal_remark", **asdict(remark))
    if not found.differences:
        who.say("journal_agrees")
        return
    who.put("")
    who.say("journal_differs", count=len(found.differences))
    for one in found.differences:
        who.put("")
        who.put(_headline(who, one))
        if one.problem is not None or one.text:
            who.put(f"  {one.note(who.language)}")


def _put_rows(who: Caller, found: Journal) -> None:
    """Show the table: a line for each VAT key and account, a total for each mandant."""
    table = who.table(
        "head_mandant", "head_vat", "head_account", "head_cobra_net", "head_cobra_tax",
        "head_sage_net", "head_sage_tax", "head_difference",
    )  # fmt: skip
    for column in table.columns[3:]:
        column.justify = "right"
    for mandant, rows in groupby(found.rows, lambda row: row.group.mandant):
        of_mandant = list(rows)
        for row in of_mandant:
            group, amounts = row.group, cells(row.cobra, row.sage)
            table.add_row(mandant, group.tax_key or "-", group.account, *amounts)
        total = cells(*both_sums(of_mandant))
        table.add_row(mandant, who.text("journal_total"), "", *total)
    who.put_table(table)


def _headline(who: Caller, one: Difference) -> str:
    cobra = "?" if one.cobra is None else money(one.cobra.gross)
    return who.text(
        "journal_difference", number=one.number, customer=one.customer, mandant=one.mandant,
        reason=who.text(f"reason_{one.reason}"), cobra=cobra, sage=money(one.sage.gross),
    )  # fmt: skip


def _in_json(who: Caller, found: Journal, first: date, last: date) -> dict[str, Any]:
    """Return what JSON says."""
    lines = list(_lines(who, found))
    parts = {"totals": "total", "differences": "difference", "remarks": "remark"}
    sections = {
        name: [
            {n: v for n, v in line.items() if n != "kind"} for line in lines if line["kind"] == kind
        ]
        for name, kind in parts.items()
    }
    return {"first": first, "last": last, "invoices": found.invoices} | sections


def _lines(who: Caller, found: Journal) -> Iterator[dict[str, Any]]:
    """Return the lines of the file: totals, then differences, then remarks."""
    for row in found.rows:
        yield {"kind": "total", **row.group._asdict()} | _amounts(row.cobra, row.sage)
    for one in found.differences:
        whose = {"mandant": one.mandant, "customer": one.customer}
        why = {"reason": str(one.reason), "note": one.note(who.language)}
        yield _of_invoice("difference", one) | whose | _amounts(one.cobra, one.sage) | why
    for remark in found.remarks:
        note = who.text("journal_remark", **asdict(remark))
        yield _of_invoice("remark", remark) | {"note": note}


def _of_invoice(kind: str, one: Difference | Remark) -> dict[str, Any]:
    return {"kind": kind, "invoice": one.number, "key": one.key, "day": one.day}


def _amounts(cobra: NetAndTax | None, sage: NetAndTax) -> dict[str, Decimal | None]:
    amounts: dict[str, Decimal | None] = {"sage_net": sage.net, "sage_tax": sage.tax}
    if cobra is None:
        return amounts | {"cobra_net": None, "cobra_tax": None, "difference": None}
    difference = cobra.gross - sage.gross
    return amounts | {"cobra_net": cobra.net, "cobra_tax": cobra.tax, "difference": difference}
