"""Lets a test provoke a finding, do what its text says, and see that it is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from relay.admin.doctor import Finding, Severity, examine, open_site
from relay.cobra.capture import install
from relay.database import dialect_of
from relay.settings import Settings
from tests.world.databases import Databases
from tests.world.examinations import noted

JUNE = datetime(2026, 6, 15, 10, tzinfo=UTC)
"""A day on which nothing about the years is noteworthy."""


class Patient:
    """An installation that is examined."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        """Take its databases and settings."""
        self.databases = databases
        self.settings: Settings = databases.settings(**overrides)

    @property
    def dialect(self) -> str:
        """`mssql` or `sqlite`."""
        return self.databases.server.dialect

    def configure(self, **overrides: Any) -> None:
        """Write another configuration."""
        self.settings = self.databases.settings(**overrides)

    def findings(self, now: datetime = JUNE) -> list[Finding]:
        """Examine everything."""
        with open_site(self.settings, now) as site:
            return noted(examine(site))

    def found(self, now: datetime = JUNE) -> dict[str, Severity]:
        """Return code to severity of what is found."""
        return {finding.code: finding.severity for finding in self.findings(now)}

    def errors(self) -> set[str]:
        """Return the codes of all errors."""
        return {code for code, severity in self.found().items() if severity is Severity.ERROR}

    def in_cobra(self, *statements: str) -> None:
        """Let somebody run statements in cobra."""
        self._run(self.databases.cobra, statements)

    def in_year(self, number: int, *statements: str) -> None:
        """Let somebody run statements in a Sage year."""
        self._run(self.databases.years[number], statements)

    def install(self) -> None:
        """Do what `relay triggers install` does."""
        url = self.databases.cobra
        install(dialect_of(url).engine(url, lock_timeout_ms=2000), self.settings)

    def own(self, name: str) -> str:
        """Return the name of one of the relay's tables for SQL text."""
        return f"relay_{name}" if self.dialect == "sqlite" else f"relay.[{name}]"

    def _run(self, url: Any, statements: tuple[str, ...]) -> None:
        with self.databases.server.engine(url).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
