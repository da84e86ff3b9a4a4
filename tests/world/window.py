"""Lets a test ask and act in SQL alone, as an admin does in SSMS or in SQLite's own program."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.engine import URL

from relay.database.scripts import statements_of
from tests.world.servers import Server

SCRIPTS = Path(__file__).parents[2] / "ops" / "sql"
WHO = "Rosa Muster"

Rows = list[dict[str, Any]]


class Window:
    """A connection of its own, on which each statement stands for itself."""

    def __init__(self, server: Server, url: URL) -> None:
        """Connect; nothing of the relay's own code is used."""
        self.server, self.url = server, url
        self.dialect = server.dialect
        self._engine = server.engine(url)
        self._raw = self._engine.raw_connection()
        if self.dialect == "mssql":
            driver: Any = self._raw.driver_connection
            driver.autocommit = True

    def __enter__(self) -> Self:
        """Give the window."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection; what was not committed is gone."""
        self._raw.invalidate()

    def run(self, sql: str) -> list[Rows]:
        """Run statements and return what each of them shows."""
        shown: list[Rows] = []
        for statement in statements_of(self.dialect, sql):
            cursor: Any = self._raw.cursor()
            cursor.execute(statement)
            more = True
            while more:
                if cursor.description is not None:
                    names = [column[0] for column in cursor.description]
                    shown.append([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
                more = self.dialect == "mssql" and cursor.nextset()
            cursor.close()
        return shown

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """The driver's errors when the database refuses."""
        module = self._engine.dialect.dbapi
        assert module is not None
        return (module.DataError, module.IntegrityError, module.ProgrammingError)

    def ask(self, sql: str) -> Rows:
        """Return the rows of one SELECT; `relay.` is written as the dialect needs it."""
        (rows,) = self.run(sql if self.dialect == "mssql" else sql.replace("relay.", "relay_"))
        return rows

    def script(self, name: str, **values: object) -> list[Rows]:
        """Fill in what a script of `ops/sql` asks for, and run it."""
        text = (SCRIPTS / self.dialect / f"{name}.sql").read_text(encoding="utf-8")
        if self.dialect == "sqlite" and "-- <- who" in text:
            values = {"who": WHO} | values
        for asked, value in values.items():
            blank = re.search(_BLANK[self.dialect].replace("NAME", asked), text)
            assert blank, f"{name}.sql does not ask for {asked}"
            start, end = blank.span("blank")
            text = text[:start] + self.literal(value) + text[end:]
        return self.run(text)

    def literal(self, value: object) -> str:
        """Write a value as a person does."""
        if isinstance(value, int):
            return str(value)
        quoted = "'{}'".format(str(value).replace("'", "''"))
        return f"N{quoted}" if self.dialect == "mssql" else quoted


_BLANK = {
    "mssql": r"DECLARE @NAME \S+ = (?P<blank>[^;]+); -- <-",
    "sqlite": r"\n    (?P<blank>[^\s,]+),? -- <- NAME:",
}
"""Where a script waits for a value."""
