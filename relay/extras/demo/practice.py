"""Knows the databases on which an admin practises the installation, and plays the clerk there."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from relay.base import texts
from relay.base.errors import Refused
from relay.extras.demo.company import COUNT, MARK, YEARS, Company
from relay.extras.demo.story import bookable

DRAFTS = 30


def build(folder: Path, console: Console, language: str) -> None:
    """Make databases without anything of the relay's in them, and a fitting relay.toml.

    Raises:
        Refused: the folder holds something that is not the demo's.
    """
    company = Company(folder)
    company.build_databases(language)
    company.fill()
    for invoice in bookable(DRAFTS):
        company.write(invoice)
    counts = {"addresses": COUNT, "drafts": DRAFTS, "years": len(YEARS)}
    summary = texts.text("demo_practice", language, folder=folder, **counts)
    for line in (summary, texts.text("demo_practice_next", language)):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def print_out(folder: Path, count: int, console: Console, language: str) -> None:
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
    console.print(
        texts.text("demo_printed_out", language, numbers=numbers), soft_wrap=True, highlight=False
    )
