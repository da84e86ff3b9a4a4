"""Skips the tier where Microsoft's parser is not, and says so; fails where it has to be."""

from __future__ import annotations

import pytest

from tests.judge import parser


@pytest.fixture(autouse=True)
def _parser() -> None:
    why = parser.missing()
    if why is None:
        return
    if parser.is_required():
        pytest.fail(why)
    pytest.skip(why)
