"""Knows what people get wrong in `relay.toml`, and says where and what is right instead.

A line is never shown, only named: a password may stand in it.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

_HEADER = re.compile(r"^\s*(?P<open>\[\[?)(?P<keys>[^\[\]]+)\]")
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*(?P<keys>{_NAME}(?:\s*\.\s*{_NAME})*)\s*=")

Keys = Sequence[str | int]
"""Where a value stands: the names of its sections and its own, and the numbers in lists."""

_AT = re.compile(r"\(at line (\d+), column \d+\)")

_LINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("config_syntax_quotes", re.compile(r"[=\[,{]\s*[„“”«»‚‘’‹›]")),
    ("config_syntax_backslash", re.compile(r'"[^"]*\\')),
    ("config_syntax_date", re.compile(r"=\s*\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\b")),
    ("config_syntax_date", re.compile(r"=\s*\d{4}-\d{1,2}-\d{1,2}\b")),
    ("config_syntax_comma", re.compile(r"=\s*[+-]?\d+,\d+")),
    ("config_syntax_apostrophe", re.compile(r"=\s*[+-]?\d+[’']\d+")),
    ("config_syntax_zero", re.compile(r"=\s*0\d+\s*(#|$)")),
    (
        "config_syntax_truth",
        re.compile(r"=\s*(ja|nein|yes|no|wahr|falsch|true|false)\s*(#|$)", re.IGNORECASE),
    ),
    ("config_syntax_colon", re.compile(r"^\s*[\w.-]+\s*:\s")),
    (
        "config_syntax_key",
        re.compile(r"^\s*(?=[^=#\"'\[]*[^\s\w.=-]|[^=#\"'\[]*[^\x00-\x7f]|\w+ +\w)[^=#\"']+="),
    ),
    ("config_syntax_empty", re.compile(r"=\s*(#|$)")),
    ("config_syntax_text", re.compile(r"=\s*[^\W\d]")),
)
"""What a line shows, most certain first: the code of the text that says it, and the pattern."""

_WORDS = (
    ("Unterminated string", "config_syntax_open_text"),
    ('Expected "\'"', "config_syntax_open_text"),
    ("Unclosed array", "config_syntax_open_list"),
    ("Unclosed inline table", "config_syntax_open_table"),
    ("Cannot declare", "config_syntax_twice"),
    ("Cannot overwrite", "config_syntax_again"),
    ("at the end of a table declaration", "config_syntax_header"),
)
"""How the parser begins what it says, where that tells more than the line."""


def of_syntax(text: str, error: tomllib.TOMLDecodeError) -> tuple[str, str, dict[str, object]]:
    """Return the problem with a file that is no TOML: code and line, with what is right."""
    said = str(error)
    found = _AT.search(said)
    lines = text.splitlines()
    last = max((n for n, line in enumerate(lines, 1) if line.strip()), default=1)
    line = int(found[1]) if found else last
    values: dict[str, object] = {"line": line, "what": said}
    if re.search(r"\('sage', 'year'\)", said):
        return "", "config_syntax_year", values
    for words, code in _WORDS:
        if words in said:
            return "", code, values
    shown = lines[line - 1] if 0 < line <= len(lines) else ""
    for code, pattern in _LINES:
        if pattern.search(shown):
            return "", code, values
    return "", "config_syntax", values


def named(place: Keys, content: Mapping[str, Any]) -> str:
    """Write a place as people find it: `sage.year.MUSTER2026.url`, a year by its name."""
    words: list[str] = []
    here: Any = content
    for part in place:
        here = _inside(here, part)
        name = here.get("name") if isinstance(part, int) and isinstance(here, dict) else None
        if isinstance(part, str):
            words.append(part)
        else:
            words.append(name if isinstance(name, str) and name else str(part + 1))
    return ".".join(words)


def lines_of(text: str, content: Mapping[str, Any]) -> dict[str, int]:
    """Return in which line each section and setting of a file begins, by its place for people.

    `content` is what the file holds: a year's place has its name.
    """
    found: dict[str, int] = {}
    above: tuple[str | int, ...] = ()
    begun: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            keys = _keys(f"[{header['keys']}]")
            above = keys
            if header["open"] == "[[":
                above = (*keys, begun[keys])
                begun[keys] += 1
            found.setdefault(named(above, content), number)
        elif setting := _KEY.match(line):
            keys = _keys(f"{setting['keys']} = 0")
            found.setdefault(named((*above, *keys), content), number)
    return found


def _keys(line: str) -> tuple[str, ...]:
    """Return the keys of a header or a setting, as TOML reads them; none if it is neither."""
    try:
        here: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:  # a line within a text of several lines
        return ()
    keys = []
    while isinstance(here, dict) and here:
        key, here = next(iter(here.items()))
        keys.append(key)
    return tuple(keys)


def _inside(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the name that was probably meant, or None.

    >>> nearest("langauge", ["language", "relay"])
    'language'
    """
    found = get_close_matches(name.casefold(), [each.casefold() for each in known], n=1)
    return next((each for each in known if found and each.casefold() == found[0]), None)


def keys_at(model: type[BaseModel], place: Keys) -> list[str]:
    """Return the keys that a section has, by its place in the whole file."""
    here: type[BaseModel] | None = model
    for part in place:
        if isinstance(part, str) and here is not None:
            here = _section(here, part)
    return [] if here is None else [name for name, _ in _fields(here)]


def homes_of(model: type[BaseModel], key: str, above: str = "") -> Iterator[str]:
    """Return the sections that have a key of this name: it may only stand in the wrong one."""
    for name, annotation in _fields(model):
        if name == key:
            yield above
        for inner in _models(annotation):
            yield from homes_of(inner, key, f"{above}.{name}".lstrip("."))


def _fields(model: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(f.alias or name, f.annotation) for name, f in model.model_fields.items()]


def _section(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    annotation = dict(_fields(model)).get(key)
    return next(iter(_models(annotation)), None)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]


def commented_out(text: str, place: Keys) -> int | None:
    """Return the line in which a missing section or key stands as a comment, or None."""
    *above, key = [part for part in place if isinstance(part, str)]
    dotted = r"\s*\.\s*".join(map(re.escape, [*above, key]))
    header = re.compile(rf"^\s*#+\s*\[{{1,2}}\s*{dotted}\s*\]{{1,2}}")
    setting = re.compile(rf"^\s*#+\s*{re.escape(key)}\s*=")
    inside = not above
    for number, line in enumerate(text.splitlines(), 1):
        if header.match(line):
            return number
        if section := re.match(r"^\s*\[{1,2}\s*([^\]#]+?)\s*\]{1,2}", line):
            inside = section[1].replace(" ", "") == ".".join(above)
        elif inside and setting.match(line):
            return number
    return None
