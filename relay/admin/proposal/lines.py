"""Knows how the lines of the example configuration become those of a proposal.

Each line that names something of a database gets a mark: whether its value is verified, read from
the database, assumed, or to be chosen. What is to be chosen is commented out, with candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from relay.base import texts
from relay.base.toml import quoted

WIDTH = 35
"""The column in which the comment of a line begins."""
_LINE = re.compile(r"(?P<off># )?(?P<key>\w+) = (?P<value>.*?)(?: {2,}# (?P<why>.*))?")
_HEAD = re.compile(r"(?P<off># )?\[{1,2}(?P<name>[\w.]+)\]{1,2}(?P<rest>.*)")


class Standing(StrEnum):
    """How much a proposed value is worth."""

    VERIFIED = "verified"
    """A published source has it so."""
    READ = "read"
    """The database itself says so."""
    ASSUMED = "assumed"
    """Likely; somebody should look."""
    CHOOSE = "choose"
    """Nobody but a person knows."""
    ABSENT = "absent"
    """Nothing like it was found."""
    UNUSED = "unused"
    """Not needed here."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is proposed for one line."""

    standing: Standing
    value: str | None = None
    """As TOML."""
    candidates: tuple[str, ...] = ()
    about: str = ""
    """What is known of the value: a column's type."""
    names: tuple[int, int] | None = None
    """How many of the known names a table has, and how many there are."""

    def in_doubt(self) -> Suggestion:
        """Return it as something to choose: what it stands on is itself not chosen yet."""
        if self.value is None:
            return self
        candidate = f"{self.value} {self.about}".strip()
        return replace(self, standing=Standing.CHOOSE, value=None, candidates=(candidate,))


Proposals = Mapping[tuple[str, str], Suggestion]
"""Section and key to what is proposed."""


def example_values(example: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield section and key with the value that the example has, commented out or not."""
    section = ""
    for line in example.splitlines():
        if head := _HEAD.fullmatch(line):
            section = head["name"]
        elif match := _LINE.fullmatch(line):
            yield (section, match["key"]), match["value"]


def rewritten(lines: Iterable[str], proposals: Proposals, language: str) -> Iterator[str]:
    """Yield the lines with what is proposed in place of the example's values.

    Proposals for keys that the example does not have follow at the end of their section.
    """
    section, left, is_off = "", dict(proposals), False
    for line in lines:
        head = _HEAD.fullmatch(line)
        match = _LINE.fullmatch(line)
        if head or not line.strip():
            yield from _rest(section, left, language, is_off=is_off)
        if head:
            section, is_off = head["name"], head["off"] is not None
        proposal = left.pop((section, match["key"]), None) if match else None
        if match is None or proposal is None:
            yield line
        else:
            example = match["value"], match["why"] or ""
            yield _line(match["key"], proposal, example, language, is_off=is_off)
    yield from _rest(section, left, language, is_off=is_off)


def _rest(
    section: str, left: dict[tuple[str, str], Suggestion], language: str, *, is_off: bool
) -> Iterator[str]:
    for place in [place for place in left if place[0] == section]:
        yield _line(place[1], left.pop(place), (quoted(""), ""), language, is_off=is_off)


def _line(
    key: str, proposal: Suggestion, example: tuple[str, str], language: str, *, is_off: bool
) -> str:
    """Write a line; where nothing is proposed it shows the example's value, commented out."""
    instead, why = example
    said = texts.text(f"proposal_{proposal.standing}", language)
    remarks = [f"{said}: {', '.join(proposal.candidates)}" if proposal.candidates else said]
    if proposal.names is not None:
        known, of = proposal.names
        remarks.append(texts.text("proposal_names", language, known=known, of=of))
    remarks += [part for part in (proposal.about if proposal.value else "", why) if part]
    comment = " · ".join(" ".join(part.split()) for part in remarks)
    is_active = proposal.value is not None and not is_off
    shown = f"{'' if is_active else '# '}{key} = {proposal.value or instead}"
    return f"{shown:<{WIDTH}} # {comment}"
