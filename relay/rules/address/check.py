"""Knows what an address must fulfil and what Sage shall hold of it. Pure functions.

Sources: default mapping to the tags of Sage's import format (Sage50 TAF Format, 2012).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stdnum.ch import uid, vat

from relay.base.spelling import as_key, as_text, named, odd_letters, visible
from relay.base.values import Outcome, Problem, together, waiting
from relay.rules.images import OWN_KEY, Image
from relay.settings import Address, Maps

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

FOUR_DIGITS = ("", "CH", "LI", "FL")
"""Countries whose postcodes have four digits; an empty one means Switzerland."""

KEYS = frozenset(
    [
        "sage_address_number", "debtor_number", "zip", "country", "language", "phone",
        "private_phone", "mobile", "fax", "terms", "address_type", "uid_number",
    ]
)  # fmt: skip
"""Fields that are compared or looked up: they are read as people see them."""

NOT_SENT = frozenset(["terms", "address_type", "uid_number"])
"""Those among them that Sage does not get as they are."""

SENT_KEYS = KEYS - NOT_SENT

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
    warnings: tuple[Problem, ...] = ()
    debtor_number: str = ""
    terms: str = ""
    """Sage's payment term of the debtor, empty where cobra's has no counterpart."""
    uid: str = ""
    """The Swiss UID without signs and ending; empty for a sub address, which has its main one's."""
    restricted: bool = False
    """Whether nothing of it may be sent for the time being."""


def texts_of(image: Image, names: Iterable[str]) -> dict[str, str]:
    """Return the texts of these fields of an address by our name of the field."""
    return {name: as_key(image[name]) if name in KEYS else as_text(image[name]) for name in names}


def problem_of_key(name: str, column: str, key: str) -> Problem | None:
    """Say that a key holds what no key has: to people it may look like another one."""
    odd = odd_letters(key)
    if not odd:
        return None
    values = {"field": name, "column": column, "value": visible(key, odd)}
    return Problem("key_odd", values | {"letters": named(odd)})


def check_address(image: Image, address: Address, maps: Maps) -> Checked:
    """Check one address as read from cobra; says nothing about any Sage year."""
    texts = texts_of(image, address.fields)
    number = texts["sage_address_number"]
    selected = address.selection is None or address.selection.holds(image[address.selection.field])
    row, unmapped = address_row(texts, maps)
    return Checked(
        number,
        selected,
        row,
        _blocker(texts, address, unmapped, row),
        warnings=tuple(_warnings(texts, row)),
        debtor_number=texts.get("debtor_number", number),
        terms=(maps.of("terms") or {}).get(texts.get("terms", ""), ""),
        uid="" if main_of(image) else _uid(texts),
        restricted=address.restricted is not None and address.restricted.holds(image["restricted"]),
    )


def main_of(image: Image) -> str:
    """Return the key of the main address that a sub address names; empty for any other one."""
    main = as_text(image.get("parent_key"))
    return "" if main in {"0", str(image.get(OWN_KEY))} else main


def _blocker(
    texts: Mapping[str, str],
    address: Address,
    unmapped: Mapping[str, str],
    row: Mapping[str, str],
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
    problems = [
        Problem("value_not_mapped", {"field": name, "column": address.fields[name], "value": value})
        for name, value in unmapped.items()
    ]
    problems += _odd_keys(texts, address, unmapped)
    problems += _place_problems(row)
    return together(problems) if problems else None


def _odd_keys(
    texts: Mapping[str, str], address: Address, unmapped: Mapping[str, str]
) -> Iterator[Problem]:
    for name, text in texts.items():
        if name in SENT_KEYS and name not in unmapped:
            problem = problem_of_key(name, address.fields[name], text)
            if problem is not None:
                yield problem


def _place_problems(row: Mapping[str, str]) -> Iterator[Problem]:
    """Country and postcode; an empty country means Switzerland.

    Source: structured addresses of the Swiss Implementation Guidelines QR-bill, whose banks ask
    for town, country and postcode; a Swiss or Liechtenstein postcode has four digits.
    """
    country, postcode = row.get("CCode", ""), row.get("ACode", "")
    if country and not re.fullmatch(r"[A-Z]{1,3}", country):
        yield Problem("country_unknown", {"value": country})
    elif country in FOUR_DIGITS and postcode and not re.fullmatch(r"[1-9][0-9]{3}", postcode):
        yield Problem("postcode_wrong", {"value": postcode, "country": country or "CH"})


def _uid(texts: Mapping[str, str]) -> str:
    """Return a valid Swiss UID, however it is written: CHE and nine digits.

    >>> _uid({"uid_number": "CHE-107.787.577 MWST"})
    'CHE107787577'
    """
    number = texts.get("uid_number", "")
    known = number and (uid.is_valid(number) or vat.is_valid(number))
    return str(vat.compact(number))[: len("CHE107787577")] if known else ""


def _warnings(texts: Mapping[str, str], row: Mapping[str, str]) -> Iterator[Problem]:
    """A Swiss UID has nine digits, the last one a check digit (modulo 11)."""
    number = texts.get("uid_number", "")
    is_swiss = row.get("CCode", "") in {"", "CH"} and number.upper().startswith("CHE")
    if is_swiss and not _uid(texts):
        yield Problem("uid_wrong", {"value": number})


def address_row(texts: Mapping[str, str], maps: Maps) -> tuple[dict[str, str], dict[str, str]]:
    """Return Sage's tags with their texts, and the fields whose value the map does not know.

    `zip = "ZIP0"` gives `ACode`; the name goes to `Corp`, `Line1`, `Line2`; street and house
    number to `Road`, or the PO box where there is no street.
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
        street = " ".join(filter(None, (texts.get("street"), texts.get("house_number"))))
        row["Road"] = street or texts.get("po_box", "")
    return row, unmapped


def _name_lines(texts: Mapping[str, str]) -> dict[str, str]:
    firm = texts.get("firm", "")
    person = [texts.get("last_name", ""), texts.get("first_name", "")]
    corp = firm or " ".join(filter(None, person))
    contact = " ".join(filter(None, reversed(person))) if firm else ""
    lines = [*filter(None, (texts.get("firm2"), texts.get("department"), contact)), "", ""]
    return {"Corp": corp, "Line1": lines[0], "Line2": lines[1]}
