"""Knows every text for people, in German and English: one catalogue, found by code.

The files beside this one hold it, one for each part: a table for each code, with the same
placeholders in both languages. What else a code declares there, `relay.base.codes` reads.

Words that follow a number stand in the placeholder, for one and for all others:
`{records} {records:record|records}`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from relay.base.errors import RelayError, SettingsError
from relay.base.spelling import visible
from relay.base.values import Problem, RecordId, Status

LANGUAGES = ("de", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return code to language to text, from all files."""
    known = definitions().items()
    return {code: {language: of[language] for language in LANGUAGES} for code, of in known}


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """Return code to all that is declared of it, from all files.

    Raises:
        ValueError: Two files have a text for one code.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        part = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := found.keys() & part:
            msg = f"{path.name} repeats texts of other files: {', '.join(sorted(twice))}"
            raise ValueError(msg)
        found |= part
    return found


def text(code: str, language: str, /, **values: object) -> str:
    """Return a text with its values; a code without a text says itself and its values."""
    texts = catalogue().get(code)
    if texts is None:
        listed = ", ".join(f"{name} = {value}" for name, value in values.items())
        return f"{code}: {listed}" if listed else code
    shown_values = {name: shown(value, language) for name, value in values.items()}
    return _LENIENT.vformat(texts[language], (), shown_values)


def word(code: str, language: str, otherwise: str) -> str:
    """Return a text without values; where there is none for a code, what stands for it."""
    return text(code, language) if code in catalogue() else otherwise


def of_record(problem: Problem, record: RecordId, language: str) -> str:
    """Say what is the matter with a record, where to correct it, and how it then goes on."""
    name = record_name(record, language, problem.about)
    return f"{name}: {of_problem(problem, language)}"


def record_name(record: RecordId, language: str, about: str | None = None) -> str:
    """Name a record as people do: 'Adresse 4711'; `about` is what they call it themselves."""
    code = f"record_{record.entity}"
    known = code if code in catalogue() else "record_other"
    return text(known, language, key=record.key if about is None else about)


def record_called(record: RecordId, language: str, about: str | None) -> str:
    """Name a record as people do, with its key in brackets; without a name by its key alone."""
    name = record_name(record, language, about)
    return name if about is None else text("record_key", language, name=name, key=record.key)


def of_problem(problem: Problem, language: str) -> str:
    """Say what is the matter, without naming a record."""
    return text(problem.code, language, **_all_in_words(problem.values, language))


def _all_in_words(values: Mapping[str, object], language: str) -> Mapping[str, object]:
    return {name: _in_words(value, language) for name, value in values.items()}


def _in_words(value: object, language: str) -> object:
    """Say a problem that is part of another one, or several of them."""
    if isinstance(value, Problem):
        return of_problem(value, language)
    if isinstance(value, tuple):
        return " ".join(str(_in_words(part, language)) for part in value)
    return value


def of_error(error: RelayError, language: str) -> str:
    """Say what went wrong; an error with several reasons lists them all, one a line."""
    first = text(error.code, language, **_all_in_words(error.values, language))
    if isinstance(error, SettingsError):
        reasons = [_setting(*problem, language) for problem in error.problems]
    else:
        # Only some errors list problems, in a layer above this one.
        reasons = [of_problem(p, language) for p in getattr(error, "problems", ())]
    return "\n".join([first, *(f"  - {reason}" for reason in reasons)])


def status(status: str | Status, language: str) -> str:
    """Return the name of a status."""
    return text(f"status_{status}", language)


def _setting(place: str, code: str, values: Mapping[str, object], language: str) -> str:
    known = code if code in catalogue() else "config_other"
    what = text(known, language, **_all_in_words(values, language))
    if "at" in values:
        place = f"{text('config_at', language, line=values['at'])}, {place}"
    return f"{place}: {what}" if place else what


def shown(value: object, language: str) -> str:
    """Show a value to people: a day, a time (on this machine's clock) or an amount as they read it.

    >>> shown(date(2026, 11, 29), "de"), shown(Decimal("-1234.50"), "en"), shown(None, "en")
    ('29.11.2026', "-1'234.50", '-')
    """
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return grouped(value)
    if isinstance(value, datetime):
        then = value.astimezone() if value.tzinfo is not None else value
        return then.strftime(f"{_DAYS[language]} %H:%M")
    if isinstance(value, date):
        return value.strftime(_DAYS[language])
    return str(value)


_DAYS = {"de": "%d.%m.%Y", "en": "%Y-%m-%d"}


def grouped(amount: Decimal) -> str:
    """Show an amount as the Swiss write it, with the digits that it has."""
    return f"{amount:,f}".replace(",", "'") if amount.is_finite() else str(amount)


class _Lenient(Formatter):
    """Fills in values; one that is missing must not hide the rest of a text about an error."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Return the value as one line; what nobody would see is written as its number."""
        return visible(" ".join(kwargs.get(str(key), "-").split()))

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Return the value, or which of two words goes with it: the one for 1, or the other."""
        if "|" not in format_spec:
            return super().format_field(value, format_spec)
        one, others = format_spec.split("|")
        return one if value == "1" else others


_LENIENT = _Lenient()
