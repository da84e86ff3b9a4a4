"""Keys are what people see of them, texts lose what nobody sees, sentences show it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.base import texts
from relay.base.spelling import as_key, as_text, odd_letters, visible
from relay.base.values import Problem

INVISIBLE = tuple("\u00ad\u034f\u200b\u200d\u200e\u202c\u2060\ufe0f\ufeff")
PLAIN = st.text("0123456789ABCxyzäöüéÅ-./ ", min_size=1).map(as_key).filter(bool)


@pytest.mark.parametrize("mark", INVISIBLE, ids=ascii)
def test_invisible_mark_makes_no_other_key(mark: str) -> None:
    """Wherever a mark that nobody sees stands, the key is the same."""
    assert {as_key(mark + "2026" + mark + "0001"), as_key("20260001" + mark)} == {"20260001"}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("\uff12\uff10\uff12\uff16", "2026"),
        ("\u0662\u0660\u0662\u0666", "2026"),
        ("\uff32\uff25\uff0d1", "RE-1"),
        ("RE\u20131", "RE-1"),
        ("RE\u20111", "RE-1"),
        ("RE\u22121", "RE-1"),
        ("079\u00a0123\u202f45\u300067", "079 123 45 67"),
        ("fran\u0063\u0327ais", "français"),
        ("  a \n b ", "a b"),
    ],
)  # fmt: skip
def test_what_looks_alike_is_one_key(written: str, key: str) -> None:
    """Digits, blanks and dashes of other scripts and types, and letters taken apart."""
    assert as_key(written) == key
    assert odd_letters(key) == ""


@given(PLAIN, st.lists(st.tuples(st.integers(0, 40), st.sampled_from(INVISIBLE)), max_size=5))
def test_representations_of_a_key_are_one(key: str, marks: list[tuple[int, str]]) -> None:
    """However a key is composed and whatever is strewn into it, it is read as itself."""
    written = unicodedata.normalize("NFD", key)
    for place, mark in marks:
        written = written[:place] + mark + written[place:]
    assert as_key(unicodedata.normalize("NFC", written)) in {key, as_key(written)}
    assert as_key(as_key(written)) == as_key(written)


@given(PLAIN, PLAIN)
def test_other_keys_are_others(one: str, other: str) -> None:
    """What people see differ differs."""
    assert (as_key(one) == as_key(other)) is (one == other)


@given(st.text())
def test_reading_twice_changes_nothing(text: str) -> None:
    """A text, a key, once normalised, stays as it is."""
    assert as_text(as_text(text)) == as_text(text)
    assert as_key(as_key(text)) == as_key(text)


def test_letters_that_only_look_alike_are_odd() -> None:
    """A Cyrillic letter in a number is told by its number and name."""
    assert odd_letters("\u0410-1") == "\u0410"
    assert visible("\u0410-1", "\u0410") == "\\u0410-1"
    assert odd_letters("1\u0301") == "\u0301"
    assert odd_letters("\u2800") == "\u2800"


def test_names_keep_what_shapes_their_letters() -> None:
    """An emoji of several stays one; marks of direction fall away."""
    family = "\U0001f468\u200d\U0001f467"
    assert as_text(f"{family}\u200e AG") == f"{family} AG"


def test_sentence_shows_what_nobody_sees() -> None:
    """Whoever reads a message sees that there is something."""
    told = texts.of_problem(Problem("account_missing", {"value": "3000\u200b"}), "de")
    assert "3000\\u200b" in told


def test_numbers_are_told_plainly() -> None:
    """A flag is 1 or 0, an inexact number has no noise, a zero no sign."""
    assert [as_text(v) for v in (True, False, 20260001.0, 3.3000000000000003, -0.0)] == [
        "1", "0", "20260001", "3.3", "0",
    ]  # fmt: skip
