"""Knows what one line of `[sage.profile]` is that a sample speaks for, and how it is written.

Nothing is guessed silently: each line is a comment, with what it is concluded from beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.base import texts
from relay.base.toml import named
from relay.sage.counters import is_same
from relay.settings import Profile
from relay.settings.profile import Counter

ORDER = ("tables", "columns", "constants", "only", "keys", "codes", "amounts", "dates")
"""The sections of a profile."""
MASTERS = ("Tax", "Zab", "FCur", "Client", "Acc")
BESIDE = ("constants", "only", "keys")
"""The sections that say what fills a column without a tag: one of them is enough."""
SEVERAL = "learnt_why_several"


def folded(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a profile says of names, however it spells them."""
    return {name.casefold(): said for name, said in names.items()}


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the profile."""

    section: str
    name: str
    value: str
    why: str
    """A code of the text catalogue."""
    rows: tuple[int, int] = (0, 0)
    """In how many rows it is so."""
    is_choice: bool = False
    """One of several that are possible."""
    column: str = ""
    """The column to which a choice belongs, where the line itself does not name it."""

    counter: Counter | None = None
    """The one that is proposed, if the line does."""

    @property
    def table(self) -> str:
        """The table of the reference that the line is for."""
        part, _, table = self.section.partition(".")
        return self.name if part == "tables" else table

    def is_said(self, profile: Profile) -> bool:
        """Tell whether a profile says something of this already.

        A counter that certainly gave numbers is news to a profile that says anything else.
        """
        part, _, table = self.section.partition(".")
        section: Mapping[str, Any] = getattr(profile, part)
        if not table:
            return self.name in section
        if self.counter is not None and not self.is_choice:
            known = folded(section.get(table, {})).get(self.name.casefold())
            return isinstance(known, Counter) and is_same(known, self.counter)
        parts = BESIDE if part in BESIDE else (part,)
        said = [getattr(profile, each).get(table, {}) for each in parts]
        return any(self.name.casefold() in folded(names) for names in said)


def fragment(
    lines: Sequence[Setting], missing: Sequence[str], language: str, viewed: Sequence[str] = ()
) -> str:
    """Write lines as TOML, every one as a comment.

    `missing` are tables that were not found, `viewed` those that are read through a view.
    """
    written = [f"# {texts.text('learn_toml_head', language)}"]
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            written += ["", f"# [sage.profile.{section}]"]
        held, of = line.rows
        why = texts.text(line.why, language, held=held, of=of, column=line.column)
        mark = "#?" if line.is_choice else "#"
        written.append(f"{mark} {named(line.name)} = {line.value:<28} # {why}")
    written.append("")
    written += [f"# {texts.text('learn_toml_missing', language, table=t)}" for t in missing]
    written += [f"# {texts.text('learn_toml_viewed', language, table=t)}" for t in viewed]
    written.append(f"# {texts.text('learn_toml_masters', language, tables=', '.join(MASTERS))}")
    return "\n".join(written) + "\n"
