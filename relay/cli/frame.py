"""Knows what all commands share: configuration, language, output, and how errors are told."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from importlib import import_module
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import orjson
from rich.console import Console
from rich.table import Table

from relay.base import texts
from relay.base.errors import Exit, RelayError, SettingsError

if TYPE_CHECKING:
    from relay.settings import Settings

WIDTH_IN_A_PIPE = 200
WIDEST = 100_000
"""Columns of a table in a pipe, where nobody wraps it."""
Language = Literal["de", "en"]


def environment_language() -> Language:
    """Return the language before the configuration is read: English only where it is set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale_name = os.environ.get(name)
        if locale_name:
            break
    else:
        locale_name = locale.getlocale()[0] or ""  # Windows sets none of them
    return "en" if locale_name.lower().startswith("en") else "de"


def described(code: str) -> str:
    """Return a text of the help, which is shown without any configuration."""
    return texts.text(f"help_{code}", environment_language())


class Caller:
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
        from relay.sage.profile import problems_of  # noqa: PLC0415 - help comes without them
        from relay.settings import located, read_settings  # noqa: PLC0415

        settings = read_settings(self.config)
        self.language = settings.language
        problems = problems_of(settings.sage.profile)
        if problems:
            raise SettingsError(str(self.config), located(problems, self.config))
        return settings

    def text(self, code: str, /, **values: object) -> str:
        """Return a text of the catalogue in the operator's language."""
        return texts.text(code, self.language, **values)

    def word(self, code: str, otherwise: str) -> str:
        """Return a text of the catalogue; where it has none for a code, what stands for it."""
        return texts.word(code, self.language, otherwise)

    def local(self, time: datetime | None) -> str:
        """Show a time on the operator's clock, as the operator's language writes it."""
        return texts.shown(time, self.language)

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
        """Print a table: on a terminal wrapped at word ends, in a pipe a line for each row."""
        if not self.console.is_terminal:
            wide = Console(width=WIDEST, file=StringIO())
            with wide.capture() as printed:
                wide.print(table, markup=False, emoji=False)
            for line in printed.get().splitlines():
                self.put(line.rstrip())
            return
        self.console.print(table, markup=False, emoji=False)

    def put_json(self, value: Any) -> None:
        """Print a value as JSON, in UTF-8 whatever the terminal's encoding is.

        An amount is a text, so that it stays exact.
        """
        click.echo(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2))


def _console(file: Any) -> Console:
    terminal = file.isatty()
    return Console(file=file, width=None if terminal else WIDTH_IN_A_PIPE)


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


NAMED = 10
"""Records that an answer names; the others are counted."""


def few(names: Iterable[str], count: int) -> str:
    """Join the first names of so many records, and count the others.

    >>> few(["a", "b"], 12)
    'a; b; (+2)'
    """
    more = [f"(+{count - NAMED})"] if count > NAMED else []
    return "; ".join([*islice(names, NAMED), *more])


def calling(ctx: click.Context) -> Caller:
    """Return who called, also before the command line has been read."""
    return ctx.find_object(Caller) or Caller(Path())


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


class LazyGroup(Group):
    """A group that imports a command's module when the command is called, not to list it."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        """Take the module of each command by the command's name."""
        super().__init__(*args, **kwargs)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        """Return the names of the commands."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command."""
        if cmd_name in self.modules and cmd_name not in self.commands:
            module = import_module(self.modules[cmd_name])
            for command in vars(module).values():
                if isinstance(command, click.Command) and command.name == cmd_name:
                    self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the first words of their help, without importing them."""
        names = self.list_commands(ctx)
        space = formatter.width - 6 - max(map(len, names))
        with formatter.section(texts.text("click_commands", environment_language())):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=described(name)).get_short_help_str(space))
                    for name in names
                ]
            )


_operator = click.make_pass_decorator(Caller)


def command(
    name: str, group: click.Group | None = None, within: str = ""
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command, which gets the caller first; its help is `help_NAME`.

    One of a group has the group's name before its own in the code of its help, and before that the
    name of the group `within` which that one is.
    """
    code = name if group is None else f"{group.name}_{name}"
    code = f"{within}_{code}" if within else code

    def made(function: Callable[..., Any]) -> click.Command:
        found = click.command(name, help=described(code))(_operator(function))
        if group is not None:
            group.add_command(found)
        return found

    return made
