"""Knows the demo's company: a folder with cobra, Sage years of two mandants and a relay.toml."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date
from pathlib import Path
from string import Template
from typing import Any

from sqlalchemy.engine import URL, Engine

from relay.base.errors import Refused
from relay.cobra.capture import install
from relay.database import dialect_of, schema
from relay.database.connecting import cobra_engine
from relay.database.scripts import run_script
from relay.extras.demo.made_up import KEYS, RATES, DemoInvoice, addresses
from relay.extras.documents import views
from relay.settings import read_settings

YEARS = {"MUSTER2025": "MUSTER", "MUSTER2026": "MUSTER", "IMMO2026": "MUSTER-IMMO"}
"""The Sage years and their mandants."""
NEXT_YEAR = "MUSTER2027"
"""A year that is set up only in the course of the story."""
COUNT, INVOICES = 500, 200
NO_TOWN = 42
"""The key of an address whose story the demo tells."""
BOOK_FROM = date(2025, 7, 1)
MARK = ".relay-demo"
"""A folder with this file is the demo's own, and is emptied the next time."""

ACCOUNTS = {
    "MUSTER": ("1100", "2200", "3000", "3200", "LADEN", "WERK"),
    "MUSTER-IMMO": ("1100", "2200", "3600", "3620", "HAUS1", "HAUS2"),
}
"""Mandant to its accounts and cost centres; 3400 of MUSTER is opened only in the story."""
OPENED_LATER = "3400"


class Company:
    """The databases in the demo's folder, as clerks and auditors reach them."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is made yet."""
        self.folder = folder
        self.config = folder / "relay.toml"
        self.cobra = folder / "cobra.db"
        self._shelf = folder / "away"

    def build(self, language: str) -> None:
        """Make the folder anew: databases, configuration, and the relay installed on them.

        Raises:
            Refused: the folder holds something that is not the demo's.
        """
        self.build_databases(language)
        schema.upgrade(_engine(self.cobra), "source")
        for name in (*YEARS, NEXT_YEAR):
            schema.upgrade(_engine(self.year(name)), "target")
        settings = read_settings(self.config)
        install(cobra_engine(settings), settings)
        with cobra_engine(settings).begin() as connection:
            views.create(connection, settings)

    def build_databases(self, language: str) -> None:
        """Make the folder anew: databases as cobra and Sage left them, and a fitting relay.toml.

        Raises:
            Refused: the folder holds something that is not the demo's.
        """
        self._empty_folder()
        self.config.write_text(configuration(language), encoding="utf-8")
        for name, mandant in YEARS.items():
            self.configure(name, mandant)
        _create(self.cobra, "demo/cobra")
        for name, mandant in {**YEARS, NEXT_YEAR: "MUSTER"}.items():
            _create(self.year(name), "sage50/schema")
            self._open_books(name, mandant)

    def configure(self, name: str, mandant: str) -> None:
        """Add a Sage year to relay.toml."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(_filled("year.toml", name=name, mandant=mandant, year=name[-4:]))

    def _open_books(self, name: str, mandant: str) -> None:
        """Enter a year's master data, as a bookkeeper does in Sage."""
        fiscal = name[-4:]
        with self.writing(self.year(name)) as sage:
            sage.executemany(
                "INSERT INTO Acc (AccId) VALUES (?)", [(account,) for account in ACCOUNTS[mandant]]
            )
            sage.executemany(
                "INSERT INTO Tax (TaxId, Rate, AccId) VALUES (?, ?, '2200')",
                [(key, str(RATES[vat])) for vat, key in KEYS.items()],
            )
            sage.execute("INSERT INTO Zab (ZabId, Days) VALUES ('30T', 30)")
            sage.execute(
                "INSERT INTO Client (Name, YearFrom, YearTo, CurId) VALUES (?, ?, ?, 'CHF')",
                (name, f"{fiscal}-01-01", f"{fiscal}-12-31"),
            )

    def _empty_folder(self) -> None:
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            if not (self.folder / MARK).is_file():
                raise Refused("demo_folder", folder=self.folder)
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MARK).touch()
        self._shelf.mkdir()

    def year(self, name: str) -> Path:
        """Return the file of a Sage year."""
        return self.folder / f"{name}.db"

    def take_away(self, name: str) -> None:
        """Move a Sage year's file out of reach."""
        self.year(name).rename(self._shelf / f"{name}.db")

    def bring_back(self, name: str) -> None:
        """Move a Sage year's file to its place."""
        (self._shelf / f"{name}.db").rename(self.year(name))

    def fill(self) -> None:
        """Save the addresses; one lacks its town."""
        rows = addresses(COUNT)
        rows[NO_TOWN - 1]["CITY0"] = None
        names = list(rows[0])
        marks = ", ".join(f":{name}" for name in names)
        with self.clerk() as connection:
            connection.executemany(
                f"INSERT INTO ADDRESSES ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - our own names
                rows,
            )

    def write(self, invoice: DemoInvoice) -> int:
        """Write an invoice as a clerk does: the header, then the positions; return its key.

        So far it is a draft.
        """
        with self.clerk() as connection:
            key = connection.execute(
                "INSERT INTO INVOICES (NUMBER, ADDRESSID, INVOICEDATE, MANDANT, TERMS, SUBJECT)"
                " VALUES (?, ?, ?, ?, '30', 'Rechnung')",
                (invoice.number, invoice.customer, str(invoice.day), int(invoice.mandant)),
            ).lastrowid
            if key is None:
                raise AssertionError(invoice)
        rows = [
            (key, line, p.article, p.text, *[f"{p.net:.2f}"] * 2, p.vat, p.account, p.centre)
            for line, p in enumerate(invoice.positions, start=1)
        ]
        with self.clerk() as connection:
            connection.executemany(
                "INSERT INTO POSITIONS (INVOICEID, LINE, ARTICLE, TEXT, QUANTITY, PRICE, NET,"
                " VATCODE, ACCOUNT, COSTCENTRE) VALUES (?, ?, ?, ?, '1', ?, ?, ?, ?, ?)",
                rows,
            )
        return key

    def print_out(self, written: Mapping[int, DemoInvoice]) -> None:
        """Print invoices, by their keys: they are final now."""
        with self.clerk() as connection:
            connection.executemany(
                "UPDATE INVOICES SET PRINTEDON = '2026-04-01 10:30:00', GROSS = ? WHERE ID = ?",
                [(f"{invoice.gross:.2f}", key) for key, invoice in written.items()],
            )

    def clerk(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open a transaction in cobra, as a program does that knows nothing of the relay."""
        return self.writing(self.cobra)

    @contextmanager
    def writing(self, path: Path) -> Iterator[sqlite3.Connection]:
        """Open a transaction in one of the databases."""
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            yield connection

    def ask(self, path: Path, query: str, **values: Any) -> list[Any]:
        """Ask a database in SQL."""
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()


def configuration(language: str) -> str:
    """Return the demo's relay.toml, without its Sage years."""
    return _filled("relay.toml", language=language, book_from=BOOK_FROM)


def _filled(file: str, /, **values: object) -> str:
    """Return a file that lies beside this one, with its values."""
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _create(path: Path, vendor: str) -> None:
    path.touch()
    with _engine(path).begin() as connection:
        run_script(connection, vendor)


def _engine(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path))
    return dialect_of(url).engine(url, lock_timeout_ms=2000)
