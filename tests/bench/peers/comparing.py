"""Lets all sides carry the same changes, turn by turn, and kills each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module, metadata
from pathlib import Path
from statistics import median

from relay.cobra.capture import drop
from relay.engine.service import drain_until_empty
from tests.bench.peers.counting import Change, Kept
from tests.bench.peers.processes import killed
from tests.bench.peers.side import ARRIVALS, BATCH, FIRST, Place, Side, changes_of
from tests.bench.report import Figure, at_least
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

RELAY = "relay"
SIDES = {RELAY: "WithRelay", "txoutbox": "WithTxoutbox", "sqloutbox": "WithSqloutbox"}
"""Each side's class, in the module of its name; but for the relay, its package has that name."""
Rates = Mapping[str, list[float]]


def absent() -> list[str]:
    """Return the packages that are not there."""
    return [name for name in SIDES if name != RELAY and not _version(name)]


def peers(server: Server, sizes: Sizes) -> list[Figure]:
    """Compare the relay with the others that are installed."""
    names = [name for name in SIDES if name not in absent()]
    changes = changes_of(sizes.peer_changes, sizes.peer_addresses)
    saves, rates = in_turns(server, names, changes, sizes)
    kept = {name: when_killed(server, name, changes, sizes) for name in names}
    what = f"{len(changes):,} changes of {sizes.peer_addresses:,} addresses"
    return [
        Figure(f"{what}, carried a second", _each(rates, "{:.0f}")),
        Figure("a clerk's saves a second, with what its program tells", _each(saves, "{:.0f}")),
        *(_ratio(name, rates, sound=not any(kept[name])) for name in names if name != RELAY),
        *(_told(name, kept[name], sizes) for name in names),
        *(Figure(f"what {_titled(name)} does not do", side_class(name).lacks) for name in names),
    ]


def in_turns(
    server: Server, names: list[str], changes: list[Change], sizes: Sizes
) -> tuple[Rates, Rates]:
    """Save and carry the changes in portions, each side in its turn; returns the rates of both.

    Raises:
        AssertionError: a side, which nobody disturbed, did not carry all as it should.
    """
    saves: Rates = {name: [] for name in names}
    rates: Rates = {name: [] for name in names}
    with ExitStack() as stack:
        sides = [stack.enter_context(opened(server, name, sizes)) for name in names]
        portion = max(len(changes) // sizes.peer_turns, 1)
        for first in range(0, len(changes), portion):
            part = changes[first : first + portion]
            for side in sides:
                saves[side.name].append(len(part) / _seconds(lambda: _save(side, part)))  # noqa: B023
                rates[side.name].append(len(part) / _seconds(side.carry))
        for side in sides:
            if any(side.kept(changes)):
                raise AssertionError(side.name, side.kept(changes))
    return saves, rates


def when_killed(server: Server, name: str, changes: list[Change], sizes: Sizes) -> Kept:
    """Save and carry the changes by processes that are killed; returns what was kept."""
    with opened(server, name, sizes) as side:
        killed(side, changes, sizes.peer_kills)
        return side.kept(changes)


def side_class(name: str) -> type[Side]:
    """Return a side's class; its package is needed."""
    found: type[Side] = getattr(import_module(f"tests.bench.peers.with_{name}"), SIDES[name])
    return found


@contextmanager
def opened(server: Server, name: str, sizes: Sizes) -> Iterator[Side]:
    """Give a side with its own databases: cobra with customers, which one Sage year holds too."""
    stock = Stock(server, relay={"batch_size": BATCH})
    sage = stock.settings.sage.model_copy(update={"year": stock.settings.sage.year[-1:]})
    settings = stock.settings.model_copy(update={"sage": sage})
    stock.addresses(sizes.peer_addresses)
    with stock.cobra.begin() as connection:
        connection.exec_driver_sql("UPDATE ADDRESSES SET PHONE0 = ?", (FIRST,))
    stock.install()
    stock.notice("address", 1, sizes.peer_addresses)
    drain_until_empty(settings)
    if name != RELAY:
        drop(stock.cobra, settings)
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        told = settings.model_dump_json(by_alias=True)
        Path(folder, "settings.json").write_text(told, encoding="utf-8")
        files = (stock.databases.cobra.database, stock.databases.years[-1].database)
        source, target = (Path(str(file)) for file in files)
        side = side_class(name)(Place(source, target, Path(folder)))
        with side.open:
            side.target.executescript(ARRIVALS)
            yield side


def _save(side: Side, changes: list[Change]) -> None:
    for change in changes:
        side.save(change)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _each(rates: Rates, written: str) -> str:
    return ", ".join(
        f"{_titled(name)} {written.format(median(told))}" for name, told in rates.items()
    )


def _ratio(name: str, rates: Rates, *, sound: bool) -> Figure:
    """Return the relay's rate to another's; it is to be ahead of one that keeps everything."""
    pairs = list(zip(rates[RELAY], rates[name], strict=True))
    ratio = median(ours / theirs for ours, theirs in pairs)
    what = f"relay : {_titled(name)} ({len(pairs)} turns)"
    return at_least(what, ratio, 1) if sound else Figure(what, f"{ratio:.2f}")


def _told(name: str, kept: Kept, sizes: Sizes) -> Figure:
    what = f"{_titled(name)}, clerk and carrier killed {sizes.peer_kills} times"
    if name == RELAY:
        return Figure(what, str(kept), "nothing of it", not any(kept))
    return Figure(what, str(kept))


def _titled(name: str) -> str:
    return f"{name} {_version(name)}" if name != RELAY else name


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
