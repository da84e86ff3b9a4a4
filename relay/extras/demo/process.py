"""Knows the demo's relay, a process that is killed and started again, and what one sees of it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from relay.extras.demo.company import NEXT_YEAR, YEARS, Company

PATIENCE_S = 60
"""Far longer than anything here takes, on a slow machine too."""


class DemoError(RuntimeError):
    """Says what the demo waited for in vain, and where the relay's log is."""


class RelayProcess:
    """`relay run`, with its log in the demo's folder."""

    def __init__(self, config: Path) -> None:
        """Take the configuration; nothing is started yet."""
        self.log = config.parent / "relay.log"
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start the relay; returns its process number."""
        command = [sys.executable, "-m", "relay", "-c", str(self._config), "run"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - ourselves
        return self._process.pid

    def kill(self) -> None:
        """Kill it without warning, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        """Ask it to stop after its batch."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def wait_for(self, what: str, true: Callable[[], bool]) -> float:
        """Wait until something is true; returns the seconds.

        Raises:
            DemoError: it does not come true, or the relay has ended.
        """
        began = time.monotonic()
        while not true():
            if self._process is not None and self._process.poll() is not None:
                message = f"the relay ended by itself ({self._process.returncode}), see {self.log}"
                raise DemoError(message)
            if time.monotonic() - began > PATIENCE_S:
                message = f"waited in vain for: {what}, see {self.log}"
                raise DemoError(message)
            time.sleep(0.01)
        return time.monotonic() - began


class Watch:
    """Asks the company's databases, and waits until they show what is expected."""

    def __init__(self, company: Company, relay: RelayProcess) -> None:
        """Take what is looked at, and the relay that works on it."""
        self._company = company
        self._relay = relay

    def arrived(self, column: str, value: str, key: int) -> int:
        """Wait until every Sage year that has an address holds a value; return the milliseconds."""
        number = self._number(f"SELECT SAGENR0 FROM ADDRESSES WHERE ID = {key}")  # noqa: S608 - a number
        query = f"SELECT {column} FROM Adr WHERE AdrId = :number"  # noqa: S608 - our own name

        def there() -> bool:
            files = [self._company.year(year) for year in YEARS]
            found = [
                row[0]
                for file in files
                for row in self._company.ask(file, query, number=str(number))
            ]
            return bool(found) and set(found) == {value}

        return round(self._relay.wait_for(f"{value} in Sage", there) * 1000)

    def booked(self, number: str) -> int:
        """Wait until an invoice is an open item in Sage; return the milliseconds."""
        files = [self._company.year(year) for year in (*YEARS, NEXT_YEAR)]
        query = "SELECT 1 FROM OPd WHERE OpId = :number"

        def there() -> bool:
            return any(self._company.ask(file, query, number=number) for file in files)

        return round(self._relay.wait_for(f"{number} in Sage", there) * 1000)

    def paid(self, whole: str, part: str) -> int:
        """Wait until cobra's view shows a payment and a partial one; return the milliseconds."""
        return self._shown(
            "SELECT 1 FROM relay_v_document AS d, relay_v_unpaid AS u"
            " WHERE d.number = :whole AND u.number = :part AND u.paid > 0"
            " AND NOT EXISTS (SELECT 1 FROM relay_v_unpaid AS w WHERE w.number = :whole)",
            whole=whole,
            part=part,
        )

    def reminded(self, reminded: str, locked: str) -> int:
        """Wait until cobra's views show a reminder and a lock; return the milliseconds."""
        return self._shown(
            "SELECT 1 FROM relay_v_reminder AS r, relay_v_document AS d, relay_v_customer AS c"
            " WHERE r.number = :reminded AND r.reminder_level = 2 AND d.number = :locked"
            " AND c.customer_key = d.customer_key AND c.mandant = d.mandant"
            " AND c.reminder_lock = 1",
            reminded=reminded,
            locked=locked,
        )

    def _shown(self, query: str, **values: str) -> int:
        def there() -> bool:
            return bool(self._company.ask(self._company.cobra, query, **values))

        return round(self._relay.wait_for("cobra's views show it", there) * 1000)

    def problem(self, number: str) -> str:
        """Wait until the relay says what is the matter with an invoice; return its words."""
        query = (
            "SELECT o.error FROM relay_outbox AS o JOIN INVOICES AS i"
            " ON o.entity = 'invoice' AND o.entity_key = CAST(i.ID AS TEXT)"
            " WHERE i.NUMBER = :number AND o.status IN ('held', 'waiting') ORDER BY o.id DESC"
        )

        def error() -> str:
            rows = self._company.ask(self._company.cobra, query, number=number)
            return str(rows[0]["error"]) if rows else ""

        self._relay.wait_for(f"{number} is held or waits", lambda: error() != "")
        return error()

    def to_do(self) -> int:
        """Count the entries that the relay could carry out now."""
        return self._number(
            "SELECT COUNT(*) FROM relay_outbox WHERE status IN ('pending', 'retrying')"
        )

    def waiting(self) -> int:
        """Count the invoices that wait for a year."""
        return self._number(
            "SELECT COUNT(DISTINCT entity_key) FROM relay_outbox"
            " WHERE status = 'waiting' AND waiting_on LIKE 'year:%' AND entity = 'invoice'"
        )

    def ended(self, status: str) -> int:
        """Count the entries with a status."""
        return self._number(f"SELECT COUNT(*) FROM relay_outbox WHERE status = '{status}'")  # noqa: S608 - our own words

    def _number(self, query: str) -> int:
        return int(self._company.ask(self._company.cobra, query)[0][0])
