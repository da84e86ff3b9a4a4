"""Every benchmark works on a few records, and the baseline does what the relay does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from relay.engine.service import drain_until_empty
from tests.bench.__main__ import BENCHMARKS
from tests.bench.bare import Bare
from tests.bench.bare_json import BareJson
from tests.bench.baseline import Addresses
from tests.bench.baseline_invoices import Invoices
from tests.bench.drain import draining
from tests.bench.report import rendered
from tests.bench.sizes import SIZES
from tests.bench.stock import Stock
from tests.world.servers import Server

TASTE = SIZES["taste"]


@pytest.fixture(params=[Bare, BareJson])
def driver(request: pytest.FixtureRequest, server: Server) -> type[Bare]:
    """How the baseline writes."""
    if request.param is BareJson and server.dialect == "sqlite":
        pytest.skip("SQLite has no OPENJSON")
    way: type[Bare] = request.param
    return way


@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name != "peers"])
def test_works_and_counts(name: str, server: Server) -> None:
    """A benchmark carries over what it says, checks that, and gives figures."""
    figures = BENCHMARKS[name](server, TASTE)
    assert figures
    assert all(figure.value for figure in figures)


def test_baseline_leaves_the_same_addresses(server: Server, driver: type[Bare]) -> None:
    """Relay and baseline write the same rows for new and for changed addresses."""
    ours, theirs = (Stock(server, relay={"batch_size": 3}) for _ in range(2))
    for stock in (ours, theirs):
        stock.addresses(7)
        stock.install()
        stock.notice("address", 1, 7)
    _both(ours, theirs, Addresses, driver)
    for stock in (ours, theirs):
        with stock.cobra.begin() as connection:
            connection.execute(text(f"UPDATE {stock.table('ADDRESSES')} SET PHONE0 = '1'"))
    _both(ours, theirs, Addresses, driver)
    assert _sage(ours) == _sage(theirs)
    assert _acknowledged(ours) == _acknowledged(theirs)


def test_baseline_leaves_the_same_invoices(server: Server, driver: type[Bare]) -> None:
    """Relay and baseline write the same rows for invoices of customers that Sage knows."""
    ours, theirs = (Stock(server, invoices=True, relay={"batch_size": 3}) for _ in range(2))
    for stock in (ours, theirs):
        stock.addresses(2)
        stock.invoices(7, 2)
        stock.install()
        stock.notice("invoice", 1, 2)
        drain_until_empty(stock.settings)
        stock.notice("invoice", 3, 7)
    _both(ours, theirs, Invoices, driver)
    assert _sage(ours) == _sage(theirs)
    assert _acknowledged(ours) == _acknowledged(theirs)


def test_report_shows_what_misses() -> None:
    """The report names a figure that misses its target."""
    figures = [{"what": "speed", "value": "0.3", "target": "≥ 0.5", "met": False}]
    told = {"command": "c", "day": "d", "machine": "m", "load": "1", "figures": figures}
    assert "| speed | 0.3 | ≥ 0.5 | **missed** |" in rendered({"sqlite addresses": told})


def _both(
    ours: Stock, theirs: Stock, baseline: type[Addresses | Invoices], driver: type[Bare]
) -> None:
    drain_until_empty(ours.settings)
    with draining(theirs.settings):
        other = baseline(theirs.cobra, theirs.years, driver)
        while other.step(3):
            pass
        other.close()


def _sage(stock: Stock) -> list[Any]:
    """Return what both years hold, without times, GUIDs and the hash of a booking's content."""
    tables = ("Adr", "PKd", "OPd", "Blg", "Bk", "Acc")
    ours = {
        "link": "entity_key, number, content",
        "applied": "year, outbox_id, entity, entity_key",
        "debtor": "entity_key, number",
        "booking": "entity_key, version, document, open_item, address_key, reversal",
    }
    found = []
    for year in stock.years.values():
        found += [_rows(year, f"SELECT * FROM {table}") for table in tables]
        found += [_rows(year, f"SELECT {c} FROM {stock.ours(t)}") for t, c in ours.items()]
    return found


def _acknowledged(stock: Stock) -> list[Any]:
    entries = "id, entity, entity_key, status, attempts, error_code, applied_by"
    deliveries = "outbox_id, year, status, attempts, sage_key"
    return [
        _rows(stock.cobra, f"SELECT {entries} FROM {stock.ours('outbox')}"),
        _rows(stock.cobra, f"SELECT {deliveries} FROM {stock.ours('delivery')}"),
        _rows(stock.cobra, f"SELECT entity_key, year FROM {stock.ours('route')}"),
    ]


def _rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return sorted(map(repr, connection.execute(text(query))))
