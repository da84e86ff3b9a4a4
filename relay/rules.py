"""Knows what an address must fulfil and what Sage shall hold of it. Pure functions.

Sources: default mapping to the tags of Sage's import format (Sage50 TAF Format, 2012).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from relay.settings import Address, Maps
from relay.values import Image, Outcome, Problem, held, waiting

PLAIN = {
    "zip": "ACode",
    "city": "City",
    "country": "CCode",
    "language": "Lang",
    "salutation": "Salut",
    "title": "Title",
    "phone": "TelB",
    "private_phone": "TelP",
    "mobile": "TelN",
    "fax": "TelF",
    "match_code": "Sort",
}
"""Our field to Sage's tag, where one is the other."""

NAMES = ("firm", "firm2", "department", "last_name", "first_name")


@dataclass(frozen=True, slots=True)
class Checked:
    """An address after the check: what every Sage year is to hold of it."""

    number: str
    selected: bool
    row: Mapping[str, str]
    """Tag to text; the empty text where cobra's fields are empty. Only mapped tags occur."""
    blocker: Outcome | None = None
    """Why it cannot go over, whatever year is asked; None when it can."""
    debtor_number: str = ""
    terms: str = ""
    """Sage's payment term of the debtor, empty where cobra's has no counterpart."""


def as_text(value: object) -> str:
    """Return a field as one line of text: a number without idle zeros, blanks trimmed.

    >>> as_text(Decimal("1000.00"))
    '1000'
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def check_address(image: Image, address: Address, maps: Maps) -> Checked:
    """Check one address as read from cobra; says nothing about any Sage year."""
    texts = {name: as_text(image[name]) for name in address.fields}
    number = texts["sage_address_number"]
    selected = address.selection is None or texts[address.selection.field] in address.selection.in_
    row, unmapped = address_row(texts, maps)
    return Checked(
        number,
        selected,
        row,
        _blocker(texts, address, unmapped),
        debtor_number=texts.get("debtor_number", number),
        terms=(maps.of("terms") or {}).get(texts.get("terms", ""), ""),
    )


def _blocker(
    texts: Mapping[str, str], address: Address, unmapped: Mapping[str, str]
) -> Outcome | None:
    missing = [
        rule
        for rule in ("sage_address_number", *address.required)
        if not any(texts[name] for name in rule.split("|"))
    ]
    if missing:
        columns = ", ".join(
            "/".join(address.fields[name] for name in rule.split("|")) for rule in missing
        )
        return waiting("not_ready", "address", fields=", ".join(missing), columns=columns)
    for name, value in unmapped.items():
        return held("value_not_mapped", field=name, column=address.fields[name], value=value)
    return None


def address_row(texts: Mapping[str, str], maps: Maps) -> tuple[dict[str, str], dict[str, str]]:
    """Return Sage's tags with their texts, and the fields whose value the map does not know.

    `zip = "ZIP0"` gives `ACode`; the name goes to `Corp`, `Line1`, `Line2`; street and house
    number to `Road`.
    """
    row: dict[str, str] = {}
    unmapped: dict[str, str] = {}
    for name, tag in PLAIN.items():
        if name not in texts:
            continue
        value = texts[name]
        mapped = maps.of(name)
        if value and mapped is not None:
            if value not in mapped:
                unmapped[name] = value
            value = mapped.get(value, "")
        row[tag] = value
    if any(name in texts for name in NAMES):
        row |= _name_lines(texts)
    if "street" in texts or "house_number" in texts:
        row["Road"] = " ".join(filter(None, (texts.get("street"), texts.get("house_number"))))
    return row, unmapped


def _name_lines(texts: Mapping[str, str]) -> dict[str, str]:
    firm = texts.get("firm", "")
    person = [texts.get("last_name", ""), texts.get("first_name", "")]
    corp = firm or " ".join(filter(None, person))
    contact = " ".join(filter(None, reversed(person))) if firm else ""
    lines = [*filter(None, (texts.get("firm2"), texts.get("department"), contact)), "", ""]
    return {"Corp": corp, "Line1": lines[0], "Line2": lines[1]}


def cut(text: str, length: int | None, tag: str) -> tuple[str, Problem | None]:
    """Cut a text to the target's length and say so; Sage would cut it silently (TAF 2012)."""
    if length is None or len(text) <= length:
        return text, None
    short = text[:length].rstrip()
    return short, Problem("text_cut", {"tag": tag, "text": text, "kept": short, "length": length})
