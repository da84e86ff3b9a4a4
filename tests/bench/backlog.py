"""How much memory a long backlog takes."""

from __future__ import annotations

from tests.bench.report import Figure, at_most
from tests.bench.sizes import Sizes
from tests.soak.memory import peak_with
from tests.world.servers import Server

MOST_MIB = 200


def memory(server: Server, sizes: Sizes) -> list[Figure]:
    """Change every address by one statement, drain in a process of its own, take its peak."""
    told: list[str] = []
    peak = peak_with(server, sizes.backlog, told.append, sizes.batches)
    if peak is None:
        raise AssertionError(told)
    what = f"peak of memory with {sizes.backlog:,} due entries"
    if sizes.batches is not None:
        what += f", while the first {sizes.batches} batches are drained"
    return [at_most(what, peak / 1024, MOST_MIB, "MiB"), Figure("in its own words", told[-1])]
