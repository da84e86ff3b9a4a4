"""Knows the demo's company: a folder with cobra, two Sage years and a relay.toml."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from relay import schema
from relay.capture import install
from relay.demo.people import addresses
from relay.dialect import dialect_of
from relay.errors import Refused
from relay.scripts import run_script
from relay.service import cobra_engine
from relay.settings import read_settings

YEARS = ("MUSTER2025", "MUSTER2026")
COUNT = 500
NO_TOWN, FIRST_OF_CLASH, SECOND_OF_CLASH = 42, 77, 78
"""Keys of the addresses whose stories the demo tells."""
MARK = ".relay-demo"
"""A folder with this file is the demo's own, and is emptied the next time."""

TOML = """\
# The demo's configuration: addresses of cobra go to two Sage years of one mandant.
language = "{language}"

[relay]
poll_ms = 50
batch_size = 50                     # small, so that there is something to see
recheck_seconds = 5

[cobra]
url = "sqlite:///cobra.db"

[cobra.address]
table = "ADDRESSES"
key = "ID"
parent = "MAINID"
required = ["firm|last_name", "zip", "city"]
selection = {{ field = "address_type", in = ["Kunde"] }}
deleted = {{ column = "DELETED0", is = 1 }}

[cobra.address.fields]              # our name = cobra's column
sage_address_number = "SAGENR0"
salutation = "SALUTATION0"
firm = "COMPANY1"
firm2 = "COMPANY2"
last_name = "LASTNAME0"
first_name = "FIRSTNAME0"
street = "STREET0"
house_number = "HOUSENO0"
zip = "ZIP0"
city = "CITY0"
country = "COUNTRY0"
language = "LANGUAGE0"
phone = "PHONE0"
address_type = "ADDRTYPE0"

[map]
language = {{ deutsch = "D", "français" = "F", italiano = "I" }}

[sage]
mode = "addresses"
"""
YEAR_TOML = """
[[sage.year]]
name = "{name}"
mandant = "MUSTER"
first_day = {year}-01-01
last_day = {year}-12-31
url = "sqlite:///{name}.db"
"""


class Company:
    """The databases in the demo's folder, as clerks and auditors reach them."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is made yet."""
        self.folder = folder
        self.config = folder / "relay.toml"
        self.cobra = folder / "cobra.db"
        self._shelf = folder / "away"

    def build(self, language: str) -> None:
        """Make the folder anew: databases, schema, triggers, configuration.

        Raises:
            Refused: the folder holds something that is not the demo's.
        """
        self._empty_folder()
        years = "".join(YEAR_TOML.format(name=name, year=name[-4:]) for name in YEARS)
        self.config.write_text(TOML.format(language=language) + years, encoding="utf-8")
        self._create(self.cobra, "demo/cobra", "source")
        for name in YEARS:
            self._create(self.year(name), "sage50/schema", "target")
        settings = read_settings(self.config)
        install(cobra_engine(settings), settings)

    def _empty_folder(self) -> None:
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            if not (self.folder / MARK).is_file():
                raise Refused("demo_folder", folder=self.folder)
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MARK).touch()
        self._shelf.mkdir()

    @staticmethod
    def _create(path: Path, vendor: str, section: schema.Section) -> None:
        path.touch()
        url = URL.create("sqlite", database=str(path))
        engine = dialect_of(url).engine(url, lock_timeout_ms=2000)
        with engine.begin() as connection:
            run_script(connection, vendor)
        schema.upgrade(engine, section)

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
        """Save the addresses; one lacks its town, two have the same number."""
        rows = addresses(COUNT)
        rows[NO_TOWN - 1] |= {"CITY0": None, "ADDRTYPE0": "Kunde"}
        for key in (FIRST_OF_CLASH, SECOND_OF_CLASH):
            number = rows[FIRST_OF_CLASH - 1]["SAGENR0"]
            rows[key - 1] |= {"SAGENR0": number, "ADDRTYPE0": "Kunde"}
        names = list(rows[0])
        marks = ", ".join(f":{name}" for name in names)
        with self.clerk() as connection:
            connection.executemany(
                f"INSERT INTO ADDRESSES ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - our own names
                rows,
            )

    @contextmanager
    def clerk(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction in cobra, as a program does that knows nothing of the relay."""
        with closing(sqlite3.connect(self.cobra, timeout=30)) as connection, connection:
            yield connection

    def ask(self, path: Path, query: str, **values: Any) -> list[Any]:
        """Ask a database in SQL."""
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()
