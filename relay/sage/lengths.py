"""Knows how long a text of each tag may be by the documented import format (TAF, Sage, 2012)."""

from __future__ import annotations

from collections.abc import Mapping

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
"""Of the tables that are written: table to tag to characters."""
