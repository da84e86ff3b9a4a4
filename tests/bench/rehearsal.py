"""How long a rehearsal takes, against a drain of the same records."""

from __future__ import annotations

import time

from sqlalchemy import text

from relay.admin.rehearsal.run import rehearsing
from relay.engine.service import drain_until_empty
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

MOST = 3.0


def rehearsal(server: Server, sizes: Sizes) -> list[Figure]:
    """Rehearse first invoices and changed addresses, half of each, then drain them."""
    stock = Stock(server, invoices=True, relay={"batch_size": sizes.batch})
    half = max(min(sizes.batch, sizes.invoices) // 2, 1)
    stock.addresses(2 * half)
    stock.invoices(2 * half, 2 * half)
    stock.install()
    stock.notice("invoice", 1, half)
    drain_until_empty(stock.settings)
    stock.notice("invoice", half + 1, 2 * half)
    change = f"UPDATE {stock.table('ADDRESSES')} SET CITY0 = 'Thun' WHERE ID <= {half}"
    with stock.cobra.begin() as connection:
        connection.execute(text(change))
    start = time.perf_counter()
    with rehearsing(stock.settings) as rehearsed:
        records = rehearsed.trial.pending()
        rehearsed.rehearse(records)
    between = time.perf_counter()
    drain_until_empty(stock.settings)
    ratio = (between - start) / (time.perf_counter() - between)
    what = f"rehearsal of {len(records)} records, first invoices and changed addresses, to a drain"
    return [Figure(what, f"{ratio:.2f}", f"≤ {MOST:g}", ratio <= MOST)]
