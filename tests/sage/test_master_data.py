"""Master data of Sage is kept between batches, and never decides a hold once it is old."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from relay.cobra.lock import hold
from relay.engine.master_data import KeptMasters
from relay.engine.service import taken_over
from relay.engine.step import Drain
from relay.sage.adapter import SqlYear
from tests.world.databases import Databases
from tests.world.office import THIS, Office, position

KEPT = ("tax", "zab", "fcur")
FRESH = ("acc", "client")


@dataclass
class Relay:
    """A relay that keeps its connections from batch to batch, and a clock that a test moves."""

    drain: Drain
    now: float = 0
    reads: list[str] = field(default_factory=list)
    """The tables of master data that were read, in lower case, in their order."""

    def work(self) -> None:
        """Move all that is due."""
        for _ in range(20):
            if not self.drain.step():
                return
        raise AssertionError

    def kept_reads(self) -> list[str]:
        """Return which of the tables that are kept were read since the last call."""
        found = [table for table in self.reads if table in KEPT]
        self.reads.clear()
        return found


@contextmanager
def working(office: Office, seconds: int = 60) -> Iterator[Relay]:
    """Let a relay work that keeps master data so long."""

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        words = statement.replace("[", "").replace("]", "").replace('"', "").lower().split()
        if words[0] == "select":
            tables = {word.rpartition(".")[2] for word in words}
            relay.reads.extend(table for table in (*KEPT, *FRESH) if table in tables)

    with (
        hold(office.relay_engine()) as lock,
        taken_over(_held(lock), office.settings) as (drain, years),
    ):
        relay = Relay(drain)
        masters = KeptMasters(seconds, lambda: relay.now)
        drain.method = replace(drain.method, masters=masters)
        year = years.ready(THIS)
        assert isinstance(year, SqlYear)
        event.listen(year.connection.engine, "before_cursor_execute", note)
        yield relay


def _held(lock: Any) -> Any:
    assert lock is not None
    return lock


def book(office: Office, relay: Relay, number: str, *positions: Any, **columns: Any) -> str:
    """Print an invoice of a new customer and let it go over in a batch of its own."""
    customer = office.add(HOUSENO0=number[-3:])
    key = office.invoice(customer, *positions, number=number, **columns)
    relay.work()
    return key


def test_read_once_for_many_batches(office: Office) -> None:
    """Ten batches in a row read the kept tables once, and the client's settings each time."""
    with working(office) as relay:
        for n in range(10):
            book(office, relay, str(20260001 + n))
        assert len(office.items(THIS)) == 10
        assert relay.reads.count("client") >= 10
        assert relay.reads.count("acc") >= 10
        assert relay.kept_reads() == list(KEPT)


def test_nothing_is_kept_with_0_seconds(office: Office) -> None:
    """A company that wants every rate at once lets each batch read it."""
    with working(office, seconds=0) as relay:
        for n in range(3):
            book(office, relay, str(20260001 + n))
        assert relay.kept_reads() == [*KEPT] * 3


def test_new_key_is_found_at_once(office: Office) -> None:
    """An invoice that names a key which Sage has only just got is booked without waiting."""
    office.sage_execute(THIS, "DELETE FROM Tax WHERE TaxId = 'USt26'")
    with working(office) as relay:
        book(office, relay, "20260001")
        office.write_sage(THIS, "Tax", TaxId="USt26", Rate="2.6", AccId="2200")
        key = book(office, relay, "20260002", position("100.00", vat="reduced"))
        assert office.state(key) == ("applied", None)
        assert relay.kept_reads() == [*KEPT, *KEPT]


def test_new_term_of_a_debtor_is_found_at_once(office: Office) -> None:
    """A new customer's own term is not left out because Sage has it only since a moment."""
    office.sage_execute(THIS, "UPDATE Zab SET ZabId = '10T'")
    with working(office) as relay:
        book(office, relay, "20260001", TERMS=None)
        office.write_sage(THIS, "Zab", ZabId="30T", Days=30)
        customer = office.add(HOUSENO0="2", TERMS0="30")
        office.invoice(customer, number="20260002", TERMS=None)
        relay.work()
        debtor = office.items(THIS)["20260002"][0]
        terms = {row["PkKey"]: row["ZabId"] for row in office.book(THIS, "PKd")}
        assert terms[debtor] == "30T"


def test_hold_is_decided_on_what_sage_says_now(office: Office) -> None:
    """A key whose rate was corrected lets the next invoice go, though the old rate was kept."""
    office.sage_execute(THIS, "UPDATE Tax SET Rate = 8.0 WHERE TaxId = 'USt81'")
    with working(office) as relay:
        first = book(office, relay, "20260001")
        assert office.state(first)[0] == "held"
        office.sage_execute(THIS, "UPDATE Tax SET Rate = 8.1 WHERE TaxId = 'USt81'")
        second = book(office, relay, "20260002")
        assert office.state(second) == ("applied", None)
        assert dict(_amounts(office))["20260002"] == "108.10"


def test_what_was_deleted_is_noticed_when_it_is_old(office: Office) -> None:
    """A term that is gone in Sage is used no longer than the configured time."""
    with working(office) as relay:
        book(office, relay, "20260001")
        office.sage_execute(THIS, "DELETE FROM Zab WHERE ZabId = '30T'")
        relay.now = 60
        key = book(office, relay, "20260002")
        assert office.state(key) == ("held", "terms_missing")


@pytest.mark.parametrize(("passed_s", "days"), [(59, 30), (60, 10)])
def test_changed_term_is_used_after_its_time(office: Office, passed_s: int, days: int) -> None:
    """Other days of a term count once what was kept is older than the configured time."""
    with working(office) as relay:
        book(office, relay, "20260001")
        office.sage_execute(THIS, "UPDATE Zab SET Days = 10 WHERE ZabId = '30T'")
        relay.now = passed_s
        book(office, relay, "20260002")
        row = next(row for row in office.book(THIS, "OPd") if row["OpId"] == "20260002")
        assert (_day(row["DateD"]) - _day(row["DateO"])).days == days


@pytest.mark.parametrize(("passed_s", "amount"), [(59, "95.00"), (60, "97.00")])
def test_rate_of_the_day_is_used_after_its_time(
    databases: Databases, passed_s: int, amount: str
) -> None:
    """A new rate of exchange counts once the kept one is older than the configured time."""
    office = Office(databases, sage={"collective_account": {"CHF": "1100", "EUR": "1101"}})
    office.write_sage(THIS, "FCur", CurId="EUR", Rate="0.95", Unit=1)
    office.write_sage(THIS, "Acc", AccId="1101", Text="Debitoren EUR")
    euro = {"CURRENCY": "EUR"}
    with working(office) as relay:
        book(office, relay, "20260001", position("100.00", vat="none"), **euro)
        office.sage_execute(THIS, "UPDATE FCur SET Rate = 0.97 WHERE CurId = 'EUR'")
        relay.now = passed_s
        key = book(office, relay, "20260002", position("100.00", vat="none"), **euro)
        assert office.state(key) == ("applied", None)
        assert dict(_amounts(office))["20260002"] == amount


def test_closed_period_is_seen_at_once(office: Office) -> None:
    """A period that is closed between two batches takes nothing more."""
    with working(office) as relay:
        book(office, relay, "20260001")
        office.sage_execute(THIS, "UPDATE Client SET PeriodFrom = '2026-02-01'")
        key = book(office, relay, "20260002")
        assert office.state(key) == ("waiting", "period_closed")


def test_account_that_is_gone_is_seen_at_once(office: Office) -> None:
    """Accounts are read with each batch, since their totals are written."""
    with working(office) as relay:
        book(office, relay, "20260001")
        office.sage_execute(THIS, "DELETE FROM Acc WHERE AccId = 'KST1'")
        key = book(office, relay, "20260002", position("1.00", COSTCENTRE="KST1"))
        assert office.state(key) == ("held", "cost_centre_missing")


def test_failed_transaction_leaves_nothing(office: Office) -> None:
    """What a transaction read that was rolled back is not kept: the next one reads."""
    office.sage_execute(THIS, REFUSE[office.dialect.name])
    with working(office) as relay:
        key = book(office, relay, "20260002")
        assert office.state(key) == ("held", "sage_refused")
        relay.kept_reads()
        book(office, relay, "20260003")
        assert relay.kept_reads() == [*KEPT]


REFUSE = {
    "sqlite": (
        "CREATE TRIGGER refuse BEFORE INSERT ON OPd WHEN NEW.OpId = '20260002' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ),
    "mssql": "ALTER TABLE OPd ADD CONSTRAINT refuse CHECK (OpId <> '20260002')",
}


def _amounts(office: Office) -> Iterator[tuple[str, str]]:
    return ((number, amount) for number, (_, amount) in office.items(THIS).items())


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])
