"""Knows how what was booked is shown: as a journal, debit and credit, as bookkeepers read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from relay.base import texts
from relay.cli.frame import Caller


def journal(who: Caller, sent: Mapping[str, Any]) -> list[str]:
    """Return the lines of what was sent: a reversal first, if there was one."""
    lines = []
    if "reversal" in sent:
        lines += [who.text("journal_reversal"), *_document(who, sent["reversal"])]
    return lines + _document(who, sent)


def _document(who: Caller, sent: Mapping[str, Any]) -> list[str]:
    numbers = {name: sent[name] for name in ("document", "open_item", "debtor")}
    day = date.fromisoformat(sent["date"])
    postings = [p | {"amount": texts.grouped(Decimal(p["amount"]))} for p in sent["postings"]]
    widths = [max(len(str(p[name])) for p in postings) for name in ("account", "amount")]
    return [
        who.text("journal_document", date=day, **numbers),
        *(_posting(who, posting, *widths) for posting in postings),
    ]


def _posting(who: Caller, posting: Mapping[str, Any], account: int, amount: int) -> str:
    side = who.text("journal_debit" if posting["side"] == "debit" else "journal_credit")
    cells = [
        f"  {side:<7}{posting['account']:<{account}}",
        f"{posting['amount']:>{amount}}",
        f"{posting['tax_key'] or '':<5}",
    ]
    if posting["kind"] != "account":
        cells.append(who.text("journal_tax" if posting["kind"] == "tax" else "journal_centre"))
    elif posting["text"]:
        cells.append(posting["text"])
    return "  ".join(cells).rstrip()
