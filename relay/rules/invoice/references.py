"""Knows payment references and the accounts that they go with. Pure.

Sources: Swiss Implementation Guidelines QR-bill (QRR only with a QR-IBAN, whose institution lies
between 30000 and 31999; SCOR only with another IBAN; a QR-IBAN never without QRR); ISO 11649 for
SCOR; modulo 10, recursive, for QRR and the former ESR, which PostFinance and the banks ended on
30 September 2022.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from stdnum import iban as stdnum_iban
from stdnum import iso11649
from stdnum.ch import esr

from relay.base.values import Problem
from relay.rules.invoice.invoice import Invoice

QRR_DIGITS = 27
ESR_DIGITS = (15, 16)
"""Digits of an ESR of the smaller kinds; the larger one had 27, as QRR has."""
LAST_ESR = date(2022, 9, 30)
QR_INSTITUTIONS = range(30000, 32000)


def compact(text: str) -> str:
    """Return a reference or an IBAN without blanks, in capitals."""
    return "".join(text.split()).upper()


def is_iban(value: str) -> bool:
    """Tell whether an IBAN is one: its length, its form and its check digits (modulo 97)."""
    return bool(stdnum_iban.is_valid(value))


def is_qr_iban(value: str) -> bool:
    """Tell whether a Swiss or Liechtenstein IBAN is for QR references."""
    iban = compact(value)
    institution = iban[4:9]
    is_swiss = iban[:2] in {"CH", "LI"} and institution.isdigit()
    return is_swiss and int(institution) in QR_INSTITUTIONS


def reference_problems(invoice: Invoice, ibans: Collection[str]) -> Iterator[Problem]:
    """Return what is wrong with an invoice's reference.

    `ibans` are the accounts of its mandant; the one that the invoice itself names counts alone.
    None at all: nobody can tell which reference goes with the account.
    """
    if invoice.iban and not is_iban(invoice.iban):
        yield Problem("iban_wrong", {"value": invoice.iban})
        return
    accounts = [invoice.iban] if invoice.iban else list(ibans)
    kinds = {is_qr_iban(account) for account in accounts}
    code = _fault(invoice, kinds)
    if code is not None:
        values = {"value": invoice.reference, "iban": ", ".join(accounts), "day": LAST_ESR}
        yield Problem(code, values)


def _fault(invoice: Invoice, kinds: Collection[bool]) -> str | None:
    """Return the code of what is wrong with a reference, for accounts that are QR-IBAN or not."""
    if not invoice.reference:
        return "reference_needed" if invoice.iban and True in kinds else None
    if invoice.reference.startswith("RF"):
        return _scor_fault(invoice.reference, kinds)
    return _digits_fault(invoice.reference, invoice.invoice_date, kinds)


def _scor_fault(reference: str, kinds: Collection[bool]) -> str | None:
    if not iso11649.is_valid(reference):
        return "reference_digit"
    return "scor_with_qr_iban" if kinds == {True} else None


def _digits_fault(reference: str, day: date, kinds: Collection[bool]) -> str | None:
    is_number = reference.isascii() and reference.isdigit()
    if not is_number or len(reference) not in {QRR_DIGITS, *ESR_DIGITS}:
        return "reference_unknown"
    if not esr.is_valid(reference):
        return "reference_digit"
    if day > LAST_ESR and len(reference) != QRR_DIGITS:
        return "esr_ended"
    return "qrr_without_qr_iban" if day > LAST_ESR and kinds == {False} else None
