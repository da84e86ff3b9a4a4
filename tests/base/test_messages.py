"""Each sentence about an invoice says which, what is wrong, where to correct it, and what then."""

from __future__ import annotations

import tomllib

import pytest

from relay.base import texts
from relay.base.values import Problem, RecordId
from tests.base.test_texts import placeholders
from tests.ops.test_runbook import NOT_A_STATE, TEXTS

ABOUT = "20260001, Käserei Müller AG, CHF 108.10"
ALONE = {"de": "von selbst", "en": "by itself"}
PLACES = ("cobra", "Sage", "relay.toml")
FILES = ("invoices.toml", "rules.toml")

HINTS = {
    "amount_rounded",
    "duplicate_suspected", "items_left_open", "letters_replaced", "name_wrapped", "rate_far",
    "uid_twice", "uid_wrong",
}  # fmt: skip
"""Warnings beside what Sage holds all the same: nothing has to go by itself."""
BY_A_PERSON = {"invoice_skipped", "booked_twice"}
"""What only a person's command ends; the sentence names it."""
PASSING = {"moving_year"}
"""What ends by itself at once: there is nothing to correct."""
WITHIN = Problem("account_missing", {"value": "9999"})
AROUND: dict[str, dict[str, object]] = {
    "address_held": {"address": "4711", "why": WITHIN},
    "address_not_ready": {"address": "4711", "why": WITHIN},
    "several_problems": {"what": (WITHIN, Problem("terms_missing", {"value": "90T"}))},
}
"""Sentences around another one, which says what is wrong."""


def _codes() -> list[str]:
    found = {
        code for name in FILES for code in tomllib.loads((TEXTS / name).read_text(encoding="utf-8"))
    }
    return sorted(found - NOT_A_STATE)


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("code", _codes())
def test_sentence_is_complete(code: str, language: str) -> None:
    """Number, customer, amount, the faulty values, cobra or Sage, and whether it goes by itself."""
    marked: dict[str, object] = {
        name: f"<{name}>" for name in placeholders(texts.catalogue()[code][language])
    }
    values = AROUND.get(code, marked)
    told = texts.of_record(Problem(code, values, ABOUT), RecordId("invoice", "7"), language)
    assert ABOUT in told
    wanted = ("9999",) if code in AROUND else map(str, values.values())
    assert [value for value in wanted if value not in told] == []
    assert code in PASSING | BY_A_PERSON or any(place in told for place in PLACES)
    goes = code not in BY_A_PERSON | HINTS
    assert (ALONE[language] in told) is goes
    if code in BY_A_PERSON:
        assert "relay" in told or "überspringen" in told or "skip" in told


def test_lists_name_only_codes_that_there_are() -> None:
    """An exemption is for a sentence that exists."""
    assert (HINTS | BY_A_PERSON | PASSING | AROUND.keys()) - set(_codes()) == set()
