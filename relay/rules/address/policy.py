"""Knows which settings decide what is done with an address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that decide what is done with an address."""

    mode: Literal["addresses", "invoices"]
    on_delete: Literal["keep", "lock", "hold"]
    on_restricted: Literal["keep", "lock"] = "keep"
    letters: Mapping[str, str] = field(default_factory=dict)
    """How the company spells letters that a column of Sage does not take."""
    on_foreign_change: Literal["hold", "overwrite"] = "hold"

    @property
    def may_lock(self) -> bool:
        """Tell whether reminder locks of debtors may be set."""
        return "lock" in {self.on_delete, self.on_restricted}
