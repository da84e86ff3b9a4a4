"""Knows the options that several commands have, and what each hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from getpass import getuser
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from relay.base.sheet import write_sheet, write_workbook
from relay.base.values import Person
from relay.cli.frame import Caller, calling, described

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

as_json = click.option("--json", "as_json", is_flag=True, help=described("json"))
everything = click.option("--all", "everything", is_flag=True, help=described("all"))
yes = click.option("--yes", is_flag=True, help=described("yes"))


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A file for Excel that somebody asked for, and how it is written."""

    path: Path
    write: Callable[[Path, Sequence[str], Iterable[Sequence[object]]], int]

    def put(self, who: Caller, heads: Mapping[str, str], lines: Iterable[Mapping[str, Any]]) -> int:
        """Write lines; `heads` has what a line tells, and the text above it.

        Returns the number of lines; raises as `relay.base.sheet.write_sheet`.
        """
        rows = ([line.get(name) for name in heads] for line in lines)
        return self.write(self.path, [who.text(head) for head in heads.values()], rows)


def in_a_file(command: F) -> F:
    """Add the options for a file: the command gets it as `sheet`, or None."""

    @click.option("--csv", "csv_file", type=FILE, help=described("csv"))
    @click.option("--xlsx", "xlsx_file", type=FILE, help=described("xlsx"))
    @wraps(command)
    def with_sheet(*args: Any, csv_file: Path | None, xlsx_file: Path | None, **more: Any) -> Any:
        if csv_file is not None and xlsx_file is not None:
            raise click.UsageError(calling(click.get_current_context()).text("cli_one_file"))
        sheet = None
        if csv_file is not None:
            sheet = SheetFile(csv_file, write_sheet)
        if xlsx_file is not None:
            sheet = SheetFile(xlsx_file, write_workbook)
        return command(*args, sheet=sheet, **more)

    return cast(F, with_sheet)


def _person(ctx: click.Context, _parameter: click.Parameter, reason: str | None) -> Person | None:
    """Return who acts, and why; refuse a reason that says nothing."""
    if reason is None:
        return None
    if not reason.strip():
        raise click.BadParameter(calling(ctx).text("cli_reason_blank"))
    return Person(getuser(), reason)


reason = click.option(
    "--reason", "person", required=True, help=described("reason"), callback=_person
)
"""Hands over the person who acts, with the reason that is kept."""

reason_if_needed = click.option("--reason", "person", help=described("reason"), callback=_person)
"""The same, or None, for what acts only if it is told to."""
