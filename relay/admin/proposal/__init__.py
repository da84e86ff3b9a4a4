"""Knows how a configuration is proposed from what the databases look like; nothing is guessed.

The example configuration is its pattern: its comments stay, and the names in it that no source has
published are what a proposal calls assumed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from relay.admin.proposal.database import ChosenTable, choose, column_of, key_of, selection_of
from relay.admin.proposal.lines import Standing, Suggestion, example_values, rewritten
from relay.admin.proposal.sage import FoundYear, ask
from relay.admin.proposal.words import VERIFIED
from relay.base import texts
from relay.base.toml import quoted

__all__ = ["FoundYear", "Proposed", "Reach", "ask", "propose"]

_YEARS = "[[sage.year]]"
_REQUIRED = ("firm|last_name", "zip", "city")
_CONDITIONS = {
    ("cobra.address", "deleted"): "{{ column = {}, is = 1 }}",
    ("cobra.invoice", "final"): '{{ column = {}, is = "not null" }}',
    ("cobra.invoice", "cancelled"): "{{ column = {}, is = 1 }}",
}
_COLUMNS = {
    "address": ("parent", "deleted", "changed_by"),
    "invoice": ("address", "final", "cancelled", "changed_by"),
    "position": ("invoice",),
}
"""What a table's section names beside table and key."""
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Reach:
    """How a database is reached, as it may stand in the configuration."""

    url: str
    has_user: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """A configuration to look through."""

    text: str
    counts: Counter[Standing] = field(default_factory=Counter)


def propose(
    cobra: Connection,
    place: Reach,
    years: Sequence[tuple[Reach, FoundYear]],
    example: str,
    language: str,
) -> Proposed:
    """Propose a configuration for cobra's database and the Sage years that were asked."""
    lines = example.splitlines()
    cut = next(at for at, line in enumerate(lines) if line.startswith(_YEARS))
    proposals = {**_of_url(place), **_of_cobra(cobra, example), **_of_sage(years)}
    written = [texts.text("proposal_head", language), *rewritten(lines[:cut], proposals, language)]
    sections = [answers.proposals(p.url, has_user=p.has_user) for p, answers in years]
    for number, section in enumerate(sections):
        written += [""] if number else []
        written += rewritten(lines[cut:], section, language)
    if not years:
        written += _without_years(lines[cut:], language)
    counted = [*proposals.values(), *(p for section in sections for p in section.values())]
    return Proposed("\n".join(written) + "\n", Counter(p.standing for p in counted))


def _of_url(place: Reach) -> dict[tuple[str, str], Suggestion]:
    found = {("cobra", "url"): Suggestion(Standing.READ, quoted(place.url))}
    if not place.has_user:
        found["cobra", "password"] = Suggestion(Standing.UNUSED)
    return found


def _of_cobra(connection: Connection, example: str) -> dict[tuple[str, str], Suggestion]:
    assumed = {
        place: name[1]
        for place, value in example_values(example)
        if (name := _NAME.search(value)) is not None
    }
    found: dict[tuple[str, str], Suggestion] = {}
    for kind in _COLUMNS:
        names = _known(kind, assumed)
        table = choose(connection, kind, [name for name in names.values() if name])
        found |= dict(_of_table(kind, table, names))
        if kind == "address":
            fields = {k: p for (s, k), p in found.items() if s == "cobra.address.fields"}
            column = fields.get("address_type", Suggestion(Standing.ABSENT))
            found["cobra.address", "selection"] = selection_of(connection, table, column)
            found["cobra.address", "required"] = _required(fields)
    return found


def _known(kind: str, assumed: Mapping[tuple[str, str], str]) -> dict[str, str | None]:
    """Return our names for the columns of a table, and how each is called as far as is known."""
    section = f"cobra.{kind}"
    names = {name: assumed.get((section, name)) for name in _COLUMNS[kind]}
    for (place, name), column in assumed.items():
        if place == f"{section}.fields":
            names[name] = column
    return names | (dict(VERIFIED) if kind == "address" else {})


def _of_table(
    kind: str, table: ChosenTable | None, names: Mapping[str, str | None]
) -> Iterator[tuple[tuple[str, str], Suggestion]]:
    section = f"cobra.{kind}"
    nothing = Suggestion(Standing.CHOOSE)
    yield (section, "table"), nothing if table is None else table.proposal
    yield (section, "key"), nothing if table is None else key_of(table)
    for name, assumed in names.items():
        place = (section if name in _COLUMNS[kind] else f"{section}.fields", name)
        pattern = _CONDITIONS.get(place, "{}")
        if table is None:
            yield place, Suggestion(Standing.ABSENT)
        else:
            yield place, column_of(table, name, assumed, pattern)


def _required(fields: Mapping[str, Suggestion]) -> Suggestion:
    """Ask for what the example asks for, as far as it is mapped."""
    rules = []
    for rule in _REQUIRED:
        mapped = [name for name in rule.split("|") if name in fields and fields[name].value]
        rules += [quoted("|".join(mapped))] if mapped else []
    return Suggestion(Standing.ASSUMED, f"[{', '.join(rules)}]")


def _of_sage(years: Sequence[tuple[Reach, FoundYear]]) -> dict[tuple[str, str], Suggestion]:
    def all_of(values: Iterator[str]) -> Suggestion:
        return Suggestion(Standing.CHOOSE, candidates=tuple(dict.fromkeys(values)))

    answers = [year for _, year in years]
    return {
        ("map", "terms"): all_of(each for year in answers for each in year.terms),
        ("map.vat", "key"): all_of(each for year in answers for each in year.taxes),
        ("sage", "collective_account"): all_of(
            f"{{ {year.currency or 'CHF'} = {quoted(account)} }}"
            for year in answers
            for account in year.collective
        ),
    }


def _without_years(lines: Sequence[str], language: str) -> Iterator[str]:
    """Comment the section out: which years there are only a person knows."""
    for line in lines:
        if line.startswith(_YEARS):
            yield f"# {_YEARS:<33} # {texts.text('proposal_choose', language)}"
        else:
            yield line if line.startswith("#") or not line else f"# {line}"
