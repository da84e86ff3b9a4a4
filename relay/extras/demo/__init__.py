"""Shows the relay at work on made-up data, and proves from the databases what it promises."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relay.admin.journal import Journal, Reason, both_sums, money
from relay.base import texts
from relay.base.errors import Exit
from relay.extras.demo.company import Company
from relay.extras.demo.made_up import FIRST_NUMBER
from relay.extras.demo.process import DemoError, RelayProcess
from relay.extras.demo.proof import Check, books, prove
from relay.extras.demo.story import Story

__all__ = ["run"]
SHOWN = 20


def run(folder: Path, console: Console | None = None, language: str = "de") -> None:
    """Play the demo in a folder of its own, whose files stay for `relay status`.

    Raises:
        Refused: the folder holds something that is not the demo's.
        SystemExit: the story got stuck, or the proof found something wrong; it was told.
    """
    console = console or Console()
    company = Company(folder)
    company.build(language)
    relay = RelayProcess(company.config)
    try:
        Story(company, relay, console, language).tell()
    except DemoError as error:
        console.print(str(error), style="bold red", markup=False, soft_wrap=True)
        raise SystemExit(Exit.BUG) from error
    finally:
        relay.kill()
    checks, journal = list(prove(company)), books(company)
    console.print(_table(checks, language))
    console.print(_journal(journal, language))
    wrong = [f"{check.year} {what}".strip() for check in checks for what in check.wrong]
    for one in journal.differences:
        line = texts.text(
            "demo_differs", language, number=one.number, reason=one.text or one.reason
        )
        console.print(line, highlight=False, soft_wrap=True)
        if one.reason is not Reason.HELD:
            wrong.append(line)
    _judge(wrong, console, language)
    console.print(texts.text("demo_next", language))
    commands = (
        "status",
        f"show {FIRST_NUMBER}",
        "journal --month 2026-02",
        "documents --article A001",
        "run",
    )
    for command in commands:
        console.print(f"  relay -c {company.config} {command}", highlight=False, soft_wrap=True)


def _judge(wrong: list[str], console: Console, language: str) -> None:
    if wrong:
        console.print(texts.text("demo_disproved", language, count=len(wrong)), style="bold red")
        for what in wrong[:SHOWN]:
            console.print(f"  {what}", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(Exit.FINDINGS)
    console.print(texts.text("demo_proved", language), style="bold green")


def _table(checks: list[Check], language: str) -> Table:
    table = Table(title=texts.text("demo_proof", language), title_justify="left")
    table.add_column(texts.text("demo_check", language))
    for name in ("looked_at", "wrong"):
        table.add_column(texts.text(f"demo_{name}", language), justify="right")
    for check in checks:
        count = f"{len(check.wrong)}" if not check.wrong else f"[red]{len(check.wrong)}[/]"
        name = texts.text(f"demo_{check.name}", language, year=check.year)
        table.add_row(name, str(check.looked_at), count)
    return table


def _journal(journal: Journal, language: str) -> Table:
    """Show the journal by mandant and VAT key; `relay journal` has the accounts too."""
    table = Table(title=texts.text("demo_journal", language), title_justify="left")
    for name in ("mandant", "vat"):
        table.add_column(texts.text(f"demo_{name}", language))
    for name in ("net_cobra", "net_sage", "tax_cobra", "tax_sage"):
        table.add_column(texts.text(f"demo_{name}", language), justify="right")
    by_key = groupby(journal.rows, lambda row: (row.group.mandant, row.group.tax_key))
    for (mandant, key), rows in by_key:
        cobra, sage = both_sums(rows)
        amounts = (cobra.net, sage.net, cobra.tax, sage.tax)
        table.add_row(mandant, key, *map(money, amounts))
    return table
