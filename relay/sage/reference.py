"""Knows the reference schema `sage50`: Sage's tables and tags, and what each of them holds.

Sage publishes no SQL schema. The reference names are the tags of the documented import format
(TAF, Sage Schweiz AG, 2012: blocks Adr, PKd, OPd, Blg, Bk, Acc, Tax, Zab, FCur).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from relay.settings.profile import Profile

REFERENCE: Mapping[str, tuple[str, ...]] = {
    "Adr": (
        "AdrId", "Corp", "Line1", "Line2", "Road", "ACode", "City", "CCode", "Lang", "Salut",
        "Title", "Sort", "TelB", "TelP", "TelN", "TelF",
    ),
    "PKd": (
        "PkKey", "AdrId", "AccId", "ZabId", "CurId", "WrnLk", "Flags", "MDbt", "MCdt", "FDbt",
        "FCdt", "NOp",
    ),
    "OPd": (
        "OpId", "PkKey", "AdrId", "Ref", "Text", "ZabId", "CurId", "DateO", "DateD", "DateF",
        "MVal", "FVal", "MDbt", "MCdt", "FDbt", "FCdt",
    ),
    "Blg": ("BlgNr", "Date", "Orig", "GFNr"),
    "Bk": (
        "BlgNr", "BkIdx", "AccId", "CAcc", "Type", "BType", "ValNt", "ValTx", "ValFW", "TaxId",
        "TIdx", "CIdx", "Text", "OpId", "PkKey", "Flags",
    ),
    "Acc": ("AccId", "MDbt", "MCdt", "FDbt", "FCdt"),
    "Tax": ("TaxId", "Rate", "AccId"),
    "Zab": ("ZabId", "Days"),
    "FCur": ("CurId", "Rate", "Unit"),
    "Client": ("YearFrom", "YearTo", "PeriodFrom", "PeriodTo", "VatTo", "CurId"),
}  # fmt: skip
"""Table to tags that the relay reads or writes.

MDbt, MCdt, FDbt, FCdt (in the year's currency, in a foreign one) and NOp are totals that Sage
keeps.
"""

ANSWERED: Mapping[str, tuple[str, ...]] = {
    "PKd": ("Limit",), "OPd": ("DateP", "DateW", "Warn"),
}  # fmt: skip
"""Tags beside those that nobody but the part `answers` reads, and only if the columns are there.

What OPd's State says is written nowhere, so it is not asked: amounts tell what is settled.
"""


def known_tags(name: str) -> tuple[str, ...]:
    """Return all tags of a table that a profile may speak of."""
    return (*REFERENCE[name], *ANSWERED.get(name, ()))


REQUIRED: Mapping[str, set[str]] = {
    "Adr": {"AdrId"},
    "PKd": {"PkKey", "AdrId", "AccId", "WrnLk"},
    "OPd": {"OpId", "PkKey"},
    "Blg": {"BlgNr", "Date"},
    "Bk": {"BlgNr", "BkIdx", "AccId", "Type", "BType", "ValNt", "ValTx", "TaxId", "OpId", "PkKey"},
    "Acc": {"AccId"},
    "Tax": {"TaxId", "Rate", "AccId"},
    "Zab": {"ZabId"},
    "FCur": {"CurId"},
    "Client": {"YearFrom", "YearTo", "CurId"},
}

FOR_ADDRESSES = ("Adr",)
FOR_LOCKS = ("PKd",)
FOR_INVOICES = ("PKd", "OPd", "Blg", "Bk", "Acc", "Tax", "Zab", "FCur", "Client")
"""Tables that a Sage year must have for what is configured."""

AMOUNTS = frozenset(
    [
        "MVal",
        "FVal",
        "MDbt",
        "MCdt",
        "FDbt",
        "FCdt",
        "ValNt",
        "ValTx",
        "ValFW",
        "Rate",
        "Limit",
    ]
)
"""Tags that hold an exact number; where the database has no such type, as a text."""

NUMBERS = frozenset(
    [
        "PkKey",
        "BlgNr",
        "BkIdx",
        "Type",
        "BType",
        "TIdx",
        "CIdx",
        "Flags",
        "NOp",
        "Days",
        "Unit",
        "WrnLk",
        "GFNr",
        "Warn",
    ]
)
"""Tags that hold a whole number; keys of accounts and addresses are texts, whatever the column."""


DAYS = frozenset(
    [
        "Date",
        "DateO",
        "DateD",
        "DateF",
        "DateP",
        "DateW",
        "YearFrom",
        "YearTo",
        "PeriodFrom",
        "PeriodTo",
        "VatTo",
    ]
)
"""Tags that hold a day; all that are in none of these lists hold texts."""

TAKES: tuple[tuple[frozenset[str], tuple[type, ...]], ...] = (
    (AMOUNTS | NUMBERS, (str, int, float, Decimal)),
    (DAYS, (str, date)),
)
"""Tags, and the types of columns that can hold what they hold."""

TAKES_TEXT = (str, int, float, Decimal)
"""The types for texts: a postcode or a number of an address may well be kept as a number."""


def takes(profile: Profile, table: str, tag: str) -> tuple[type, ...]:
    """Return the types of columns that can hold what a tag holds, as the profile writes it."""
    if profile.dates.get(table, {}).get(tag):
        return TAKES_TEXT
    return next((kinds for tags, kinds in TAKES if tag in tags), TAKES_TEXT)


KEYS: Mapping[str, tuple[str, ...]] = {
    "Adr": ("AdrId",),
    "PKd": ("PkKey",),
    "OPd": ("OpId",),
    "Blg": ("BlgNr",),
    "Bk": ("BlgNr", "BkIdx"),
    "Acc": ("AccId",),
}
"""The tags by which one row is found, of the tables that are written."""

TOTALS = frozenset(["MDbt", "MCdt", "FDbt", "FCdt", "NOp"])
"""Tags that Sage keeps up redundantly, with triggers or without."""

MEANINGS: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "PKd": {"WrnLk": {"off": 0, "on": 1}},
    "Blg": {"Orig": {"ledger": 0, "debtors": 1, "creditors": 2, "other": 3}},
    "Bk": {
        "Type": {"debit": 0, "credit": 1},
        "BType": {"account": 0, "cost": 1, "tax": 2},
        "Flags": {"none": 0, "first": 1},
    },
}
"""Tags that hold a code of the import format, and what each code means."""

WRITTEN_MEANINGS: Mapping[str, frozenset[str]] = {"Orig": frozenset(["debtors"])}
"""Those of a tag's meanings that the relay writes; of all other tags each."""

DECIDING = frozenset(["Type", "BType", "WrnLk"])
"""Coded tags by which something is decided: an unknown code may not be passed over."""

SIGNED = frozenset(["ValNt", "ValTx", "ValFW"])
"""Amounts of a posting, which stand on a side."""

LENGTHS: Mapping[str, Mapping[str, int]] = {
    "Adr": {
        "AdrId": 13, "Corp": 31, "Line1": 31, "Line2": 31, "Road": 31, "ACode": 31, "City": 25,
        "CCode": 3, "Lang": 1, "Salut": 65, "Title": 31, "Sort": 11,
        "TelB": 21, "TelP": 21, "TelN": 21, "TelF": 21,
    },
    "PKd": {"AdrId": 13, "AccId": 13, "ZabId": 5},
    "OPd": {"OpId": 13, "AdrId": 13, "Ref": 27, "Text": 31, "ZabId": 5},
    "Bk": {"AccId": 13, "CAcc": 13, "TaxId": 5, "Text": 60, "OpId": 13},
}  # fmt: skip
"""Of the tables that are written, how many characters a text of each tag may have."""
