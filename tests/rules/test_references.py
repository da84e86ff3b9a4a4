"""Payment references and accounts: published examples, and what goes with what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from relay.rules.invoice.references import compact, is_iban, is_qr_iban, reference_problems
from relay.settings.sage import Iban
from tests.rules.test_postings import invoice, line

QR, NORMAL = "CH1430000001250097798", "CH5800791123000889012"
QRR, OTHER_QRR = "723420000000000000001000032", "210000000003139471430009017"
SCOR = "RF10123456001856005000246"
ESR = "1878583"


@pytest.mark.parametrize(
    ("reference", "ibans", "day", "code"),
    [
        (QRR, [QR], "2026-01-31", None),
        (OTHER_QRR, [QR, NORMAL], "2026-01-31", None),
        (OTHER_QRR, [], "2026-01-31", None),
        (OTHER_QRR, [NORMAL], "2026-01-31", "qrr_without_qr_iban"),
        (OTHER_QRR, [NORMAL], "2022-09-30", None),
        ("210000000003139471430009016", [QR], "2026-01-31", "reference_digit"),
        (SCOR, [NORMAL], "2026-01-31", None),
        (SCOR, [QR, NORMAL], "2026-01-31", None),
        (SCOR, [QR], "2026-01-31", "scor_with_qr_iban"),
        ("RF11123456001856005000246", [NORMAL], "2026-01-31", "reference_digit"),
        ("RF", [NORMAL], "2026-01-31", "reference_digit"),
        ("000000001878583", [NORMAL], "2022-09-30", None),
        ("000000001878583", [NORMAL], "2022-10-01", "esr_ended"),
        ("000000001878584", [NORMAL], "2022-09-30", "reference_digit"),
        (ESR, [NORMAL], "2022-09-30", "reference_unknown"),
        ("BESTELLUNG7", [], "2026-01-31", "reference_unknown"),
        ("²" * 27, [], "2026-01-31", "reference_unknown"),
        ("", [QR], "2026-01-31", None),
    ],
)
def test_reference(reference: str, ibans: list[str], day: str, code: str | None) -> None:
    """QRR with a QR-IBAN, SCOR with another one, ESR until September 2022, or none."""
    one = replace(
        invoice(line("1.00"), gross="1.08"),
        reference=reference,
        invoice_date=date.fromisoformat(day),
    )
    found = [problem.code for problem in reference_problems(one, ibans)]
    assert found == ([] if code is None else [code])


def test_account_of_the_invoice_counts_alone() -> None:
    """An invoice that names its account is checked against that one, whatever the mandant has."""
    one = replace(invoice(line("1.00"), gross="1.08"), reference=QRR, iban=NORMAL)
    assert [p.code for p in reference_problems(one, [QR])] == ["qrr_without_qr_iban"]
    without = replace(one, reference="", iban=QR)
    assert [p.code for p in reference_problems(without, [])] == ["reference_needed"]
    broken = replace(one, iban="CH1230808001234567890")
    assert [p.code for p in reference_problems(broken, [QR])] == ["iban_wrong"]


def test_published_accounts() -> None:
    """Two published accounts are valid, one of them a QR-IBAN; a third one is an illustration."""
    assert is_iban(QR)
    assert is_iban(NORMAL)
    assert is_qr_iban(QR)
    assert not is_qr_iban(NORMAL)
    assert not is_iban("CH12 3080 8001 2345 6789 0")
    assert not is_qr_iban("DE89370400440532013000")
    assert not is_qr_iban("CH")
    assert compact(" rf10 1234\u00a056 ") == "RF10123456"


def test_account_in_the_configuration_must_be_valid() -> None:
    """A wrong check digit is found when the configuration is read, and blanks do not matter."""
    kind = TypeAdapter(Iban)
    assert kind.validate_python("CH58 0079 1123 0008 8901 2") == NORMAL
    with pytest.raises(ValidationError, match="not an IBAN"):
        kind.validate_python("CH12 3080 8001 2345 6789 0")
