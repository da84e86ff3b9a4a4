"""What is too long for a column is cut between letters, and a text for people says that it was."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from relay.base import texts
from relay.base.width import MORE, abbreviated, shortened, width

FAMILY = "👨\u200d👩\u200d👧"
ACCENTED = "e\u0301"
KANA = "カ\u3099"
LETTERS = st.sampled_from(["a", "ä", "🧀", "👍\U0001f3fd", ACCENTED, FAMILY, KANA, " ", "\n", "'"])
TEXTS = st.lists(LETTERS, max_size=60).map("".join)
LENGTHS = st.integers(min_value=1, max_value=70)


@given(TEXTS, LENGTHS)
@example("🧀" * 500, 1000)
@example("🧀" * 501, 1000)
@example("x" * 998 + "🧀🧀", 1000)
def test_a_text_for_people_fits_and_says_that_it_was_cut(text: str, length: int) -> None:
    """Whole if it fits, else its beginning and "…"; SQL Server counts an emoji as two."""
    told = abbreviated(text, length)
    assert width(told) <= length
    if width(text) <= length:
        assert told == text
    else:
        assert told.endswith(MORE)
        assert text.startswith(told.removesuffix(MORE))


@given(TEXTS, LENGTHS)
def test_no_letter_is_cut_in_two(text: str, length: int) -> None:
    """Neither a pair of surrogates nor a letter and its accent, nor a joined emoji."""
    short = shortened(text, length)
    assert text.startswith(short)
    assert short.encode("utf-16-le").decode("utf-16-le") == short
    rest = text[len(short) :]
    longest = max(width(letter) for letter in (FAMILY, "👍\U0001f3fd"))
    if rest and length >= longest:
        assert not unicodedata.combining(rest[0])
        assert rest[0] not in {"\u200d", "\U0001f3fd"}
        assert not short.endswith("\u200d")
        assert length - width(short) < longest  # and no more is given up than one letter


def test_only_a_letter_longer_than_the_column_is_cut() -> None:
    """Else nothing at all would be left of it."""
    assert shortened("e" + "\u0301" * 9, 5) == "e" + "\u0301" * 4
    assert abbreviated(FAMILY * 3, 1) == MORE


def test_codes_fit_their_columns() -> None:
    """A code is compared as a whole: it is never cut, so none may be too long for `error_code`."""
    assert [code for code in texts.catalogue() if width(code) > 50] == []
