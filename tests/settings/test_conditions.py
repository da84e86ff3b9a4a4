"""A condition compares by the type of the column, and says what it can never be."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from relay.settings import Condition, Selection

GUID = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
NOON = datetime(2026, 1, 31, 12, 30)  # noqa: DTZ001 - as cobra's columns have it


@pytest.mark.parametrize(
    ("named", "value", "other"),
    [
        ("1", 1, 0), (1, 1, 2), ("1.0", 1, 10), (1, True, False), ("true", True, False),
        ("0", False, True), (1, Decimal("1.0000"), Decimal("1.5")), ("1.5", 1.5, 1.0),
        (1, "1", "11"), (1, " 1 ", "1.0"), ("Ja", "Ja\u200b ", "Nein"),
        ("2026-01-31", date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 1, 31), NOON, datetime(2026, 2, 1, 12, 30)),  # noqa: DTZ001 - the same
        ("2026-01-31T12:30:00", NOON, datetime(2026, 1, 31)),  # noqa: DTZ001 - the same
        ("6F9619FF-8B86-D011-B42D-00C04FC964FF", GUID, UUID(int=1)),
    ],
)  # fmt: skip
def test_compares_by_type(named: Any, value: object, other: object) -> None:
    """What is named in the file is found, however the column keeps it; nothing else is."""
    condition = Condition.model_validate({"column": "C", "is": named})
    selection = Selection.model_validate({"field": "f", "in": ["9", named]})
    for told in (condition, selection):
        assert told.holds(value)
        assert not told.holds(other)
        assert not told.holds(None)
    assert condition.can_tell(type(value), None, nullable=False)


@pytest.mark.parametrize(
    ("named", "kind", "length"),
    [
        ("ja", int, None), ("1.5", int, None), ("x", Decimal, None), ("2", bool, None),
        ("heute", date, None), ("1", datetime, None), ("1", UUID, None), (1, bytes, None),
        ("gedruckt", str, 3),
    ],
)  # fmt: skip
def test_what_can_never_be(named: Any, kind: type, length: int | None) -> None:
    """No value of the column can be what is named."""
    assert not Condition.model_validate({"column": "C", "is": named}).can_tell(
        kind, length, nullable=True
    )
    selection = Selection.model_validate({"field": "f", "in": [named]})
    assert not selection.can_tell(kind, length)


@pytest.mark.parametrize("named", ["null", "not null"])
def test_null_where_there_is_none(named: str) -> None:
    """A number that is always there tells nothing; blanks and zero days do."""
    condition = Condition.model_validate({"column": "C", "is": named})
    assert not condition.can_tell(int, None, nullable=False)
    assert condition.can_tell(int, None, nullable=True)
    assert condition.can_tell(datetime, None, nullable=False)
    assert condition.can_tell(str, 5, nullable=False)


EMPTY = [
    None, "", " ", date(1900, 1, 1), datetime(1900, 1, 1), datetime(1899, 12, 30),  # noqa: DTZ001
    datetime(1970, 1, 1), "1900-01-01", "1753-01-01 00:00:00.000", date(1, 1, 1),  # noqa: DTZ001
]  # fmt: skip


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_emptiness_has_many_names(value: object) -> None:
    """What says nothing is null, whatever stands there for it."""
    assert Condition.model_validate({"column": "C", "is": "null"}).holds(value)
    assert not Condition.model_validate({"column": "C", "is": "not null"}).holds(value)


@pytest.mark.parametrize("value", [0, False, "0", "x", NOON, date(2026, 1, 1), "1900-13-45"])
def test_values_are_not_null(value: object) -> None:
    """A zero is a value, and so is a word."""
    assert Condition.model_validate({"column": "C", "is": "not null"}).holds(value)
