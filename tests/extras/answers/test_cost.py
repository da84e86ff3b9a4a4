"""A look of which there is no news costs little: each page stands between two batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from relay.extras.answers import looking
from tests.world.bookkeeper import Bookkeeper


@pytest.fixture
def billed(bookkeeper: Bookkeeper) -> Bookkeeper:
    """One invoice is booked and looked at."""
    customer = bookkeeper.add(SAGENR0="1001")
    bookkeeper.invoice(customer)
    bookkeeper.drain()
    bookkeeper.look()
    return bookkeeper


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note what is sent."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_page_without_news_asks_three_times(
    billed: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cobra for the documents, and behind its fence the year for their items; nothing else."""
    monkeypatch.setattr(looking, "PAGE", 1)
    for number in ("20260002", "20260003"):
        billed.invoice("1", number=number)
    billed.drain()
    billed.look()
    with billed.looking() as (looks, _years):
        pages = looks.open_items()
        next(pages)
        with statements() as sent:
            next(pages)
        assert [text.split()[0] for text in sent] == ["SELECT", "UPDATE", "SELECT"], sent
        assert "document" in sent[0]
        assert "peer" in sent[1]
        assert "OPd" in sent[2]


def test_a_look_without_news_writes_once(billed: Bookkeeper) -> None:
    """That it ended; also beside items of Sage's own no transaction of cobra's begins to write."""
    billed.own_item("900001", 1001, "50.00")
    billed.look()
    with billed.looking() as (looks, _years), statements() as sent:
        assert list(looks.open_items()) == []
    assert len([text for text in sent if "identity" in text]) == 1, sent
