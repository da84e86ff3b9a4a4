"""Knows how cobra's columns are called, as far as anybody has published it, and how else.

Verified are the names of cobra's address table in a commercial product's documented search
template (OneOffixx, "Adressprovider cobra"): English names with a numeric suffix. What the example
configuration names beside them is assumed. The words are parts of names that customers give.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

VERIFIED = {
    "firm": "COMPANY1",
    "firm2": "COMPANY2",
    "last_name": "LASTNAME0",
    "first_name": "FIRSTNAME0",
    "street": "STREET0",
    "zip": "ZIP0",
    "city": "CITY0",
    "phone": "PHONE0",
    "private_phone": "PRIVATEPHONE0",
    "mobile": "MOBILEPHONE0",
    "fax": "FAX0",
}
"""Our field of an address to cobra's column."""

TABLE_WORDS = {
    "address": ("address", "adress", "adr", "kunde", "kontakt", "empfaenger"),
    "invoice": ("invoice", "rechnung", "faktura", "beleg", "rg", "rech"),
    "position": ("position", "pos", "zeile"),
}
"""Parts of the names of tables."""

_COLUMN_WORDS: Mapping[str, tuple[str, ...]] = {
    "parent": ("haupt", "parent", "main"),
    "deleted": ("geloescht", "deleted"),
    "changed_by": ("geaendertvon", "mutiertvon", "changedby"),
    "sage_address_number": ("sage", "kundennr", "kundennummer", "debitor"),
    "debtor_number": ("debitor", "debtor"),
    "salutation": ("anrede", "anr", "salutation"),
    "firm": ("firma", "firm", "company"),
    "firm2": ("zusatz",),
    "last_name": ("nachname", "familienname", "lastname"),
    "first_name": ("vorname", "firstname"),
    "street": ("strasse", "str", "street"),
    "house_number": ("hausnr", "hausnummer"),
    "zip": ("plz", "postleitzahl", "postcode"),
    "city": ("ort", "stadt", "city"),
    "country": ("land", "country", "staat"),
    "language": ("sprache", "language"),
    "phone": ("telefon", "phone", "tel"),
    "private_phone": ("privattelefon", "telefonprivat"),
    "mobile": ("mobil", "natel", "handy"),
    "fax": ("fax",),
    "email": ("email", "mail"),
    "uid_number": ("uid",),
    "terms": ("kondition", "zahlungsfrist", "zahlungsziel", "ziel", "terms"),
    "address_type": ("adressart", "art", "typ", "kategorie"),
    "address": ("adress", "adr", "kunde", "kd", "empfaenger", "address"),
    "final": ("gedruckt", "druck", "printed"),
    "cancelled": ("storniert", "storno", "cancelled"),
    "invoice_number": ("rechnungsnr", "rechnungsnummer", "rgnr", "nummer", "number", "nr"),
    "kind": ("art", "typ", "kind"),
    "corrects": ("korrigiert", "zurechnung"),
    "invoice_date": ("rechnungsdatum", "datum", "date"),
    "posting_date": ("buchungsdatum", "datum", "date"),
    "due_date": ("faellig", "faell", "due"),
    "mandant": ("mandant",),
    "cost_centre": ("kostenstelle", "kst"),
    "currency": ("waehrung", "whg", "currency"),
    "rate": ("kurs", "rate"),
    "reference": ("referenz", "reference"),
    "iban": ("iban",),
    "text": ("betreff", "text", "bezeichnung", "bez"),
    "gross": ("brutto", "total", "gross"),
    "rounding": ("rundung", "rounding"),
    "invoice": ("rechnung", "rech", "rg", "invoice", "beleg"),
    "line": ("position", "pos", "zeile", "line"),
    "article": ("artikel", "article"),
    "quantity": ("menge", "anzahl", "anz", "quantity"),
    "unit_price": ("preis", "price"),
    "amount": ("netto", "betrag", "amount"),
    "account": ("konto", "kto", "account"),
    "vat": ("mwst", "ust", "steuer", "vat"),
    "supplied_on": ("leistung", "lieferdatum"),
}

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LONG = 4
"""Words of so many letters may be part of a longer one: `strasse` in `Geschäftsstrasse`."""


def sounds_like(column: str, field: str) -> bool:
    """Tell whether a column's name has one of a field's words in it."""
    return _has_one(column, _COLUMN_WORDS.get(field, ()))


def table_sounds_like(table: str, kind: str) -> bool:
    """Tell whether a table's name has one of the words for address, invoice or position in it.

    The positions of invoices are named after these too, and are none.
    """
    is_position = kind != "position" and _has_one(table, TABLE_WORDS["position"])
    return _has_one(table, TABLE_WORDS[kind]) and not is_position


def _has_one(name: str, words: tuple[str, ...]) -> bool:
    plain = unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)
    whole = re.sub(r"[\W\d_]", "", plain)
    parts = re.findall(r"[^\W\d_]+", plain)
    return any(word in parts or (len(word) >= _LONG and word in whole) for word in words)
