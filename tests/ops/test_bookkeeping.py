"""The bookkeeper's page lists each rule with every code that it can give, in both languages."""

from __future__ import annotations

import re
import tomllib

import pytest

from relay.base import texts
from tests.ops.test_runbook import OPS, TEXTS

FILES = ("invoices.toml", "rules.toml")
NO_RULE = {
    "several_problems",  # what is wrong, all at once
    "moving_year", "invoice_twice", "invoice_moved",  # on the way to another year
    "invoice_gone", "invoice_draft", "invoice_cancelled", "before_start", "address_gone",
    "invoice_skipped",  # a person's decision
}  # fmt: skip
OF_ADDRESSES = {"value_not_mapped", "text_cut", "selection_removed"}


def _page(language: str) -> str:
    return (OPS / f"bookkeeping.{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_code_stands_with_its_rule(language: str) -> None:
    """No code is missing, none is left over, and the rules are numbered without a gap."""
    codes = {
        code for name in FILES for code in tomllib.loads((TEXTS / name).read_text(encoding="utf-8"))
    }
    lines = [line for line in _page(language).splitlines() if line.startswith("| ")]
    named = {code for line in lines for code in re.findall(r"`(\w+)`", line.split("|")[3])}
    assert named == (codes - NO_RULE) | OF_ADDRESSES
    numbers = [int(n) for n in re.findall(r"^\| (\d+) ", _page(language), flags=re.MULTILINE)]
    assert numbers == list(range(1, 18))


def test_both_pages_say_the_same() -> None:
    """German and English name the same codes in the same order."""
    german, english = (re.findall(r"`(\w+)`", _page(language)) for language in ("de", "en"))
    assert german == english
