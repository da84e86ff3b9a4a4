"""Faults that the tests must see: planted one at a time in a copy of the project."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of the source that breaks a promise, and the tests that must fail for it."""

    name: str
    file: str
    before: str
    after: str
    tests: list[str]
    survives: str | None = None
    """Why no test sees it, if that is so."""


def faults() -> list[Fault]:
    """Read all faults."""
    told = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
    return [Fault(**fault) for fault in told["fault"]]
