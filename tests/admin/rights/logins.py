"""Makes logins with the relay's roles on a T-SQL server, and takes them away again."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from itertools import product

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from relay.admin import rights
from relay.cobra.capture.tables import TABLES
from relay.cobra.capture.triggers import ACTIONS
from relay.settings import Settings
from tests.world.databases import Databases

BABELFISH = "SELECT CAST(SERVERPROPERTY('Babelfish') AS int)"
SEES_TRIGGER = "GRANT EXECUTE ON dbo.relay_{table}_{action} TO {who}"
"""What Babelfish asks for in place of VIEW DEFINITION: a trigger is a function there."""
PROCEDURES_WRITE = [
    "GRANT SELECT, INSERT, UPDATE ON relay.outbox TO {who}",
    "GRANT SELECT, UPDATE ON relay.delivery TO {who}",
    "GRANT SELECT ON relay.[year] TO {who}",
    "GRANT SELECT, INSERT, DELETE ON relay.paused TO {who}",
    "GRANT SELECT, INSERT, UPDATE ON relay.decision TO {who}",
    "GRANT INSERT ON relay.audit TO {who}",
    "GRANT UPDATE ON relay.outbox_id TO {who}",
    "GRANT UPDATE ON relay.audit_id TO {who}",
    "GRANT EXECUTE ON relay.chosen TO {who}",
    "GRANT EXECUTE ON relay.note_action TO {who}",
]
"""What Babelfish asks of whoever calls a procedure; on SQL Server ownership chaining covers it."""


@dataclass
class Logins:
    """A server's logins, each with a user in the databases."""

    databases: Databases
    settings: Settings
    _made: dict[str, str] = field(default_factory=dict)

    @property
    def is_babelfish(self) -> bool:
        """Ask the server."""
        with self.databases.server.engine(self.databases.cobra).connect() as connection:
            return bool(connection.exec_driver_sql(BABELFISH).scalar() == 1)

    def make(self, name: str, *urls: URL) -> str:
        """Create a login with a user of its name in databases; return the name."""
        who = f"{name}_{uuid.uuid4().hex[:8]}"
        self._made[who] = f"Aa1-{uuid.uuid4().hex}"
        self.run(self.databases.cobra, f"CREATE LOGIN {who} WITH PASSWORD = '{self._made[who]}'")
        for url in urls:
            self.run(url, f"CREATE USER {who} FOR LOGIN {who}")
        return who

    def with_role(self, role: str) -> str:
        """Create a login that has a role of the relay, by the scripts that `relay rights` shows."""
        years = list(zip(self.settings.sage.year, self.databases.years, strict=True))
        years = years if role in rights.IN_SAGE else []
        who = self.make(role, self.databases.cobra, *(url for _, url in years))
        in_cobra = rights.in_cobra(self.settings, role, who)
        self.run(self.databases.cobra, *self._taken(in_cobra))
        if role == "run":
            self.show_triggers(who)
        for year, url in years:
            self.run(url, *self._taken(rights.in_year(self.settings, year, role, who)))
        return who

    def show_triggers(self, who: str) -> None:
        """Let a login see the triggers as they are now, where VIEW DEFINITION does not do it."""
        if self.is_babelfish:
            for table, action in product(TABLES, ACTIONS):
                grant = SEES_TRIGGER.format(table=table, action=action, who=who)
                self.run(self.databases.cobra, grant)

    def run(self, url: URL, *statements: str) -> None:
        """Let an administrator run statements."""
        with self.databases.server.engine(url).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def url(self, who: str, url: URL) -> URL:
        """Return a database's URL with a login."""
        return url.set(username=who, password=self._made[who])

    def databases_of(self, who: str) -> Databases:
        """Return the databases as the login opens them."""
        years = [self.url(who, url) for url in self.databases.years]
        return replace(self.databases, cobra=self.url(who, self.databases.cobra), years=years)

    def objection(self, who: str, url: URL, statement: str) -> str | None:
        """Return what the server has against a statement of a login; nothing is changed."""
        connection = self.databases.server.engine(self.url(who, url)).connect()
        try:
            connection.exec_driver_sql(statement)
        except DBAPIError as error:
            return str(error.orig)
        finally:
            connection.invalidate()
            connection.close()
        return None

    def close(self) -> None:
        """Drop the logins, as soon as the server has noticed that their sessions are closed."""
        for who in self._made:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    self.run(self.databases.cobra, f"DROP LOGIN {who}")
                except DBAPIError:
                    time.sleep(0.1)
                else:
                    break

    def _taken(self, statements: list[str]) -> list[str]:
        """Return the statements as the server takes them.

        Babelfish knows no VIEW DEFINITION, and takes the type of a list for a table.
        """
        if not self.is_babelfish:
            return statements
        taken = (statement.replace(", VIEW DEFINITION", "") for statement in statements)
        table = ("GRANT EXECUTE ON TYPE::", "GRANT SELECT, INSERT ON ")
        return [statement.replace(*table) for statement in taken]
