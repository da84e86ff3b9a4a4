"""Knows how texts fit into Sage's columns: their letters, their length, a second line. Pure.

Sources: Sage's import format cuts what is too long without a word, and knows the letters of
Windows-1252 only (Sage50 TAF Format, 2012). Here a text is cut or spelled otherwise with a
warning; keys, codes and references never are.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from relay.base.spelling import is_windows_1252
from relay.base.values import Problem
from relay.base.width import shortened, width

LETTERS = {
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i",
    "ə": "e", "Ə": "E", "ŋ": "n", "Ŋ": "N", "ĸ": "k", "ẞ": "SS", "‐": "-", "‑": "-", "−": "-",
    "′": "'", "″": '"', "‛": "'", "⁄": "/", "№": "Nr.", "₣": "Fr.",
}  # fmt: skip
"""What stands for letters that Unicode does not take apart into one of Windows-1252."""

CODES = ("CCode", "Lang", "ACode")
"""Tags that hold a code: half a code is another one, so it is never cut."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column of Sage takes."""

    tag: str
    length: int | None = None
    """Characters; None: as many as one likes."""
    is_narrow: bool = False
    """Only the letters of Windows-1252."""


def cut(text: str, length: int | None, tag: str) -> tuple[str, Problem | None]:
    """Cut a text to the target's length and say so; Sage would cut it silently (TAF 2012)."""
    if length is None or width(text) <= length:
        return text, None
    short = shortened(text, length).rstrip()
    return short, Problem("text_cut", {"tag": tag, "text": text, "kept": short, "length": length})


def fit(
    text: str, column: Column, letters: Mapping[str, str]
) -> tuple[str, tuple[Problem, ...], Problem | None]:
    """Return a text as the column takes it, warnings, and why it does not take it at all.

    `letters` are the company's own spellings; they come before the built-in ones.
    """
    spelled, unknown = spell(text, letters) if column.is_narrow else (text, "")
    if unknown:
        values = {"tag": column.tag, "text": text, "letters": unknown}
        return text, (), Problem("letters_unknown", values)
    kept, warning = cut(spelled, column.length, column.tag)
    warnings = [] if warning is None else [warning]
    if spelled != text:
        values = {"tag": column.tag, "text": text, "kept": spelled}
        warnings.insert(0, Problem("letters_replaced", values))
    return kept, tuple(warnings), None


def spell(text: str, letters: Mapping[str, str]) -> tuple[str, str]:
    """Spell a text in Windows-1252; returns the letters for which there is no spelling, too.

    >>> spell("Łódź–Käse", {})
    ('Lódz–Käse', '')
    >>> spell("Київ", {"К": "K", "и": "y", "в": "v"})
    ('Київ', 'ї')
    """
    if is_windows_1252(text):
        return text, ""
    found = {letter: _spelled(letter, letters) for letter in unicodedata.normalize("NFC", text)}
    unknown = "".join(letter for letter, spelled in found.items() if spelled is None)
    if unknown:
        return text, unknown
    return "".join(found[each] or "" for each in unicodedata.normalize("NFC", text)), ""


def _spelled(letter: str, letters: Mapping[str, str]) -> str | None:
    if is_windows_1252(letter):
        return letter
    for known in (letters, LETTERS):
        if letter in known and is_windows_1252(known[letter]):
            return known[letter]
    apart = unicodedata.normalize("NFKD", letter)
    bare = "".join(part for part in apart if not unicodedata.combining(part))
    return bare if bare and is_windows_1252(bare) else None


def wrapped(
    row: Mapping[str, str], lengths: Mapping[str, int | None]
) -> tuple[Mapping[str, str], Problem | None]:
    """Let a firm that is too long go on in the second line, at a word's boundary, and say so.

    Where there is no room left for all lines the row stays as it is, and the firm is cut.
    """
    firm, longest = row.get("Corp", ""), lengths.get("Corp")
    if longest is None or len(firm) <= longest:
        return row, None
    slots = [tag for tag in ("Line1", "Line2") if tag in row and tag in lengths]
    if not slots:
        return row, None
    width = min([longest, *(length for tag in slots if (length := lengths[tag]) is not None)])
    head, *rest = textwrap.wrap(firm, width, break_long_words=False)
    lines = [*rest, *(row[tag] for tag in slots if row[tag])]
    if len(lines) > len(slots) or any(len(part) > width for part in (head, *rest)):
        return row, None
    lines += [""] * (len(slots) - len(lines))
    values = {"text": firm, "kept": head, "rest": " / ".join(rest)}
    changed = {"Corp": head, **dict(zip(slots, lines, strict=True))}
    return {**row, **changed}, Problem("name_wrapped", values)


def fit_row(
    row: Mapping[str, str],
    lengths: Mapping[str, int | None],
    narrow: Collection[str],
    letters: Mapping[str, str],
) -> tuple[dict[str, str], tuple[Problem, ...], tuple[Problem, ...]]:
    """Return a row as Sage's columns take it, warnings, and what they do not take."""
    fitted: dict[str, str] = {}
    warnings: list[Problem] = []
    problems: list[Problem] = []
    row, wrapping = wrapped(row, lengths)
    if wrapping is not None:
        warnings.append(wrapping)
    for tag, text in row.items():
        if tag not in lengths:
            continue
        longest = lengths[tag]
        fits = longest is None or len(text) * 2 <= longest or width(text) <= longest
        if fits and (tag not in narrow or text.isascii()):
            fitted[tag] = text  # as nearly all do
            continue
        if tag in CODES and longest is not None and len(text) > longest:
            values = {"tag": tag, "value": text, "length": longest}
            problems.append(Problem("code_too_long", values))
            continue
        fitted[tag], more, problem = fit(text, Column(tag, longest, tag in narrow), letters)
        warnings += more
        if problem is not None:
            problems.append(problem)
    return fitted, tuple(warnings), tuple(problems)
