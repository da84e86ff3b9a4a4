"""How much is measured: all of it, what a slow server can do in an hour, or a taste for tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of records, entries and repetitions."""

    addresses: int = 20_000
    invoices: int = 5_000
    batch: int = 500
    """Records in a batch, which is what each side carries over in its turn."""
    alone: int = 200
    """Records with a commit each, for both sides together."""
    changes: int = 100
    """Changes whose latency is taken, one after the other."""
    stream: int = 1_000
    """Changes whose latency is taken at fifty a second."""
    finished: tuple[int, ...] = (100_000, 1_000_000)
    held: int = 1_000
    polls: int = 200
    drained: int = 5_000
    """Records carried over beside finished entries."""
    backlog: int = 500_000
    batches: int | None = None
    """How many batches of the backlog are drained; None: all of it."""
    starts: int = 5
    idle_s: float = 20.0
    answer_items: int = 5_000
    """Open items that Sage has while invoices are booked beside them."""
    answer_portion: int = 3_000
    """Invoices that each side books in its turn."""
    answer_turns: int = 8
    answer_look_s: int = 5
    """How often Sage is asked meanwhile; by default it is once a minute."""
    grown: int = 2_000
    """Records by which is told how large the relay's tables grow."""
    settled_items: int = 200_000
    open_items: int = 5_000
    looks: int = 7
    page_open: int = 10_000
    """Open entries that the page shows, beside the finished ones."""
    visits: int = 5
    page_drained: int = 20_000
    """Records that are carried over in a turn, while somebody looks and while nobody does."""
    page_turns: int = 8
    compare_links: int = 100_000
    compare_bookings: int = 50_000
    peer_changes: int = 10_000
    """Changes that the relay and each of its peers carry, once in turns and once when killed."""
    peer_addresses: int = 3_000
    peer_turns: int = 10
    peer_kills: int = 5


SIZES = {
    "full": Sizes(),
    "half": Sizes(
        addresses=2_250, invoices=1_500, batch=250, alone=40, changes=30, stream=200,
        polls=50, drained=1_000, batches=40, starts=3,
        answer_items=1_000, answer_portion=250, answer_turns=3, page_drained=2_000, page_turns=4,
        compare_links=2_000, compare_bookings=1_000,
        peer_changes=2_000, peer_addresses=600,
    ),
    "taste": Sizes(
        addresses=12, invoices=9, batch=3, alone=4, changes=2, stream=4, finished=(20,),
        held=3, polls=3, drained=6, backlog=20, starts=1, idle_s=0.2,
        answer_items=5, answer_portion=3, answer_turns=1, answer_look_s=1,
        grown=6, settled_items=20, open_items=5, looks=1,
        page_open=10, visits=1, page_drained=6, page_turns=1,
        compare_links=6, compare_bookings=4,
        peer_changes=20, peer_addresses=6, peer_turns=2, peer_kills=1,
    ),
}  # fmt: skip
