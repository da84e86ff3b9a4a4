"""Knows how a fiscal year gets into `relay.toml`, with all comments left as a person wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import AoT


def with_year(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of a configuration with one more `[[sage.year]]` after the others.

    A key that is None is left out; a dictionary becomes an inline table, as for a password.
    """
    document = tomlkit.parse(text)
    years: Any = document["sage"]["year"]
    entry: Any = tomlkit.table() if isinstance(years, AoT) else tomlkit.inline_table()
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = tomlkit.inline_table()
            inner.update(value)
            entry[name] = inner
        elif value is not None:
            entry[name] = value
    if isinstance(years, AoT):
        entry.trivia.indent = "\n"
    years.append(entry)
    return tomlkit.dumps(document)
