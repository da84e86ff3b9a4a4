"""Knows how the command `journal` writes its PDFs: a file for each mandant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from relay.admin.journal import Decided, Journal
from relay.base.errors import Refused
from relay.cli.frame import Caller

_ODD = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Papers:
    """What the files tell."""

    found: Journal
    days: tuple[date, date]
    decided: Sequence[Decided]
    mandants: Sequence[str]

    def write(self, who: Caller, file: Path, *, is_told: bool) -> None:
        """Write them; where there are several mandants, the name of each is in its file's.

        Raises:
            Refused: `cli_pdf_missing`, or `cli_file_not_written`.
        """
        try:
            from relay.extras.paper.content import of_mandant  # noqa: PLC0415 - an optional part
            from relay.extras.paper.journal import (  # noqa: PLC0415 - needs another package
                write_journal,
            )
        except ImportError as error:
            raise Refused("cli_pdf_missing") from error
        for mandant in self.mandants:
            of_one = file if len(self.mandants) == 1 else file.with_stem(_named(file, mandant))
            paper = of_mandant(self.found, mandant, self.days, self.decided)
            write_journal(of_one, paper, who.language)
            if is_told:
                who.say("journal_paper_written", file=of_one)


def _named(file: Path, mandant: str) -> str:
    """Return a file's name with the mandant's, as any system allows it."""
    return f"{file.stem}-{_ODD.sub('_', mandant)}"
