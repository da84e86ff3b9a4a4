"""Knows the databases on which an admin practises the installation, and plays the clerk there."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from relay.base.errors import Refused
from relay.extras.demo.company import COUNT, MARK, YEARS, Company
from relay.extras.demo.story import bookable
from relay.extras.demo.words import Language, word

DRAFTS = 30


def build(folder: Path, console: Console, language: Language) -> None:
    """Make databases without anything of the relay's in them, and a fitting relay.toml.

    Raises:
        Refused: the folder holds something that is not the demo's.
    """
    company = Company(folder)
    company.build_databases(language)
    company.fill()
    for invoice in bookable(DRAFTS):
        company.write(invoice)
    summary = word(
        language, "practice", folder=folder, count=COUNT, drafts=DRAFTS, years=len(YEARS)
    )
    for line in (summary, word(language, "practice_next")):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def print_out(folder: Path, count: int, console: Console, language: Language) -> None:
    """Print the next invoices that are drafts, as a clerk does in cobra.

    Raises:
        Refused: the folder is not the demo's.
    """
    company = Company(folder)
    if not (folder / MARK).is_file():
        raise Refused("demo_folder_missing", folder=folder)
    keys = company.ask(
        company.cobra,
        "SELECT ID, NUMBER FROM INVOICES WHERE PRINTEDON IS NULL ORDER BY ID LIMIT :count",
        count=count,
    )
    known = {invoice.number: invoice for invoice in bookable(DRAFTS)}
    company.print_out({row["ID"]: known[row["NUMBER"]] for row in keys})
    numbers = ", ".join(row["NUMBER"] for row in keys)
    console.print(word(language, "printed_out", numbers=numbers), soft_wrap=True, highlight=False)
