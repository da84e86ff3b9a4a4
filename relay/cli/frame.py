"""Knows what all commands share: configuration, language, output, and how errors are told."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import click
import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import Exit, RelayError, SettingsError
from relay.base.sheet import write_sheet
from relay.database import Failure, dialect_of
from relay.sage.layout import check_names
from relay.settings import Settings, read_settings

WIDTH_IN_A_PIPE = 200
Language = Literal["de", "en"]


def environment_language() -> Language:
    """Return the language before the configuration is read: English only where it is set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        told = os.environ.get(name)
        if told:
            break
    else:
        told = locale.getlocale()[0] or ""  # Windows sets none of them
    return "en" if told.lower().startswith("en") else "de"


def described(code: str) -> str:
    """Return a text of the help, which is shown without any configuration."""
    return texts.text(f"help_{code}", environment_language())


class Operator:
    """Who called `relay`: reads the configuration when it is needed, and answers."""

    def __init__(self, config: Path) -> None:
        """Take the place of the configuration; it is read when a command needs it."""
        self.config = config
        self.language: Language = environment_language()
        self.console = _console(sys.stdout)

    @cached_property
    def settings(self) -> Settings:
        """Read the configuration; from then on its language is spoken.

        Raises:
            SettingsError: with everything that is wrong with it.
        """
        settings = read_settings(self.config)
        self.language = settings.language
        problems = check_names(settings.sage.profile)
        if problems:
            raise SettingsError(str(self.config), problems)
        return settings

    def text(self, code: str, /, **values: object) -> str:
        """Return a text of the catalogue in the operator's language."""
        return texts.text(code, self.language, **values)

    def say(self, code: str, /, **values: object) -> None:
        """Print a text of the catalogue."""
        self.put(self.text(code, **values))

    def put(self, line: str) -> None:
        """Print a line as it is: never broken, no markup in it."""
        self.console.print(line, soft_wrap=True, markup=False, highlight=False, emoji=False)

    def complain(self, error: RelayError) -> None:
        """Print an error to stderr."""
        _console(sys.stderr).print(
            texts.of_error(error, self.language),
            soft_wrap=True, markup=False, highlight=False, emoji=False, style="red",
        )  # fmt: skip

    def table(self, *heads: str) -> Table:
        """Return a table: with lines on a terminal, only aligned in a pipe."""
        table = Table(pad_edge=False, highlight=False)
        if not self.console.is_terminal:
            table.box = None
        for head in heads:
            table.add_column(self.text(head), overflow="fold")
        return table

    def put_table(self, table: Table) -> None:
        """Print a table."""
        self.console.print(table, markup=False, emoji=False)

    def write_sheet(
        self, file: Path, heads: Mapping[str, str], lines: Iterable[Mapping[str, Any]]
    ) -> int:
        """Write a file for Excel; `heads` has what a line tells, and the text above it.

        Returns the number of lines; raises as `relay.sheet.write_sheet`.
        """
        rows = ([line.get(name) for name in heads] for line in lines)
        return write_sheet(file, [self.text(head) for head in heads.values()], rows)

    def put_json(self, value: Any) -> None:
        """Print a value as JSON, in UTF-8 whatever the terminal's encoding is."""
        click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _console(file: Any) -> Console:
    terminal = file.isatty()
    return Console(file=file, width=None if terminal else WIDTH_IN_A_PIPE)


def local(time: datetime | None) -> str:
    """Show a time on the operator's clock."""
    return "-" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: float | None) -> str:
    """Show an age in two units at most.

    >>> age(93784)
    '1 d 2 h'
    """
    if seconds is None:
        return "-"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, left = divmod(int(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days} d {hours_left} h"
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {left} s"


def calling(ctx: click.Context) -> Operator:
    """Return who called, also before the command line has been read."""
    return ctx.find_object(Operator) or Operator(Path())


class Group(click.Group):
    """A group whose commands tell the relay's errors as text, with the error's exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is no error of the relay is a bug and keeps its traceback."""
        try:
            return super().invoke(ctx)
        except RelayError as error:
            calling(ctx).complain(error)
            ctx.exit(error.exit_status)
        except (KeyboardInterrupt, click.Abort):
            calling(ctx).complain(RelayError("cli_interrupted"))
            ctx.exit(Exit.INTERRUPTED)


@contextmanager
def explained(engine: Engine, what: str) -> Iterator[None]:
    """Say in plain words what keeps a database from doing what it is asked.

    Raises:
        Unavailable: the database is away, full, forbidden or in use.
    """
    try:
        yield
    except DBAPIError as error:
        dialect = dialect_of(engine)
        if dialect.failure(error) not in (Failure.TECHNICAL, Failure.LOCKED):
            raise
        raise dialect.unavailable(error, engine.url, what) from error


operator = click.make_pass_decorator(Operator)
"""Hands the operator to a command."""
