"""How texts fit into Sage's columns: letters, lengths, a second line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NVARCHAR, VARCHAR, Integer, MetaData, Table, UnicodeText
from sqlalchemy import Column as SaColumn
from sqlalchemy.types import TypeEngine

from relay.base.spelling import NARROW
from relay.base.width import width
from relay.rules.fitting import Column, fit, spell, wrapped
from relay.sage.layout import SageTable

LENGTHS = {"Corp": 20, "Line1": 20, "Line2": 20}


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("Zoë Müller, «Käserei» – 5 €", "Zoë Müller, «Käserei» – 5 €"),
        ("Łukasz Nowak", "Lukasz Nowak"),
        ("Dvořák, Čapek", "Dvorák, Capek"),
        ("Zu\u0308rich", "Zürich"),
        ("Đoković ı", "Dokovic i"),
        ("Haus‑Nr. 5′", "Haus-Nr. 5'"),
        ("ﬁnanz", "finanz"),
    ],
)
def test_letters_are_spelled_never_questioned(text: str, spelled: str) -> None:
    """A letter that Windows-1252 lacks gets its nearest spelling; no question mark stands in."""
    assert spell(text, {}) == (spelled, "")


def test_letter_without_a_spelling_is_told() -> None:
    """What has no spelling is named, unless the company has one; one that helps not counts not."""
    assert spell("日本", {}) == ("日本", "日本")
    assert spell("日本", {"日": "Ni", "本": "hon"}) == ("Nihon", "")
    assert spell("Ł", {"Ł": "W"}) == ("W", "")
    assert spell("日", {"日": "月"}) == ("日", "日")
    _, _, problem = fit("日本 AG", Column("Corp", 31, is_narrow=True), {})
    assert problem is not None
    assert (problem.code, problem.values["letters"]) == ("letters_unknown", "日本")


def test_wide_column_takes_all() -> None:
    """A Unicode column takes every letter; only its length counts."""
    assert fit("日本 Łódź", Column("Corp", 31), {}) == ("日本 Łódź", (), None)


def test_spelled_and_cut_are_both_told() -> None:
    """Each change is a warning of its own, with what stands in Sage."""
    kept, warnings, problem = fit("Łódź Łódź", Column("City", 6, is_narrow=True), {})
    assert (kept, problem) == ("Lódz L", None)
    assert [w.code for w in warnings] == ["letters_replaced", "text_cut"]
    assert warnings[1].values["kept"] == "Lódz L"


def test_emoji_takes_two_places() -> None:
    """SQL Server counts an emoji as two characters; none is ever cut in half."""
    assert [width(text) for text in ("Zoë", "Zoë 🧀")] == [3, 6]
    assert fit("Käse 🧀🧀", Column("Corp", 8), {})[0] == "Käse 🧀"
    assert fit("Käse 🧀🧀", Column("Corp", 9), {})[0] == "Käse 🧀🧀"


@given(st.text(max_size=40), st.integers(min_value=1, max_value=40))
def test_narrow_column_gets_what_it_takes(text: str, length: int) -> None:
    """Whatever is written fits the column, letter by letter; the rest is refused."""
    kept, _, problem = fit(text, Column("Corp", length, is_narrow=True), {})
    if problem is None:
        assert len(kept.encode(NARROW)) <= length
        assert kept.count("?") <= text.count("?") + text.count("\u037e") + text.count("⁇") * 2 + (
            sum(text.count(each) for each in "\u2048\u2049\ufe56\uff1f\ufe16")
        )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("Käserei Müller AG", "", ""), None),
        (("Käserei Müller und Söhne AG", "", ""), ("Käserei Müller und", "Söhne AG", "")),
        (("Käserei Müller und Söhne AG", "Zoë", ""), ("Käserei Müller und", "Söhne AG", "Zoë")),
        (("Käserei Müller und Söhne AG", "Einkauf", "Zoë"), None),
        (("Donaudampfschifffahrtsgesellschaft", "", ""), None),
        (("A" * 19 + " " + "B" * 19 + " " + "C" * 19, "", ""), ("A" * 19, "B" * 19, "C" * 19)),
        (("A" * 19 + " " + "B" * 19 + " " + "C" * 19, "Zoë", ""), None),
    ],
)
def test_firm_goes_on_in_the_second_line(
    row: tuple[str, str, str], expected: tuple[str, str, str] | None
) -> None:
    """A long firm is parted between words, as long as there is room for all lines."""
    told = dict(zip(LENGTHS, row, strict=True))
    found, warning = wrapped(told, LENGTHS)
    assert tuple(found.values()) == (expected or row)
    assert (warning is not None) is (expected is not None)


def test_second_line_that_sage_does_not_have() -> None:
    """Where Sage has no second line the firm stays as it is, to be cut."""
    row = {"Corp": "Käserei Müller und Söhne AG", "Line1": ""}
    assert wrapped(row, {"Corp": 20}) == (row, None)


def test_column_of_one_byte_letters_is_known() -> None:
    """`varchar` is narrow; `nvarchar`, a long text and a number are not."""
    kinds: dict[str, TypeEngine[Any]] = {
        "a": VARCHAR(5),
        "b": NVARCHAR(5),
        "c": UnicodeText(),
        "d": Integer(),
    }
    table = Table("t", MetaData(), *(SaColumn(name, kind) for name, kind in kinds.items()))
    sage = SageTable(table, dict(table.columns.items()))
    assert [name for name in kinds if sage.is_narrow(name)] == ["a"]
