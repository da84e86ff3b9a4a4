"""What several years say of one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from relay.engine.asking import paid_elsewhere
from relay.rules.invoice.paid import Debt
from tests.world.databases import Databases


class _Paid:
    """Stands for a year in which whatever is asked for is paid."""

    @contextmanager
    def begin(self, _epoch: int) -> Iterator[_Paid]:
        yield self

    def items(self, _numbers: object) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("is_here_first", [True, False])
def test_paid_in_one_year_holds_though_another_is_away(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, *, is_here_first: bool
) -> None:
    """What the one that is away may know changes nothing any more: it is not waited for."""
    monkeypatch.setattr("relay.engine.asking.is_paid_in", lambda *_, **__: True)
    here, other = databases.settings().sage.year
    away: list[Any] = [(other, None), (other, _Paid())]
    asked = paid_elsewhere(here, away[::-1] if is_here_first else away, 1)
    (outcome,) = asked([Debt("7", "20260007", 1001, Decimal(5), date(2026, 1, 31))]).values()
    assert (outcome.status, outcome.problem and outcome.problem.code) == ("held", "item_paid")
