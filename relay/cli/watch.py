"""Knows the command `watch`: what `relay status` tells, live in the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from relay.base import texts
from relay.base.errors import Refused, RelayError
from relay.cli.frame import Caller, command, described
from relay.cli.status import asked, put_state
from relay.database.connecting import cobra_engine

LOOK_S = 0.1
"""How often a key is looked for."""
_ENDS = ("q", "Q", "\x03", "\x1b")


@command("watch")
@click.option("--every", type=click.FloatRange(min=0.5), default=2.0, help=described("watch_every"))
def watch(who: Caller, every: float) -> None:
    """Show how things are until somebody presses q; nothing is disturbed by it."""
    if not (who.console.is_terminal and sys.stdin.isatty()):
        raise Refused("watch_without_terminal")
    engine, screen = cobra_engine(who.settings), who.console

    def look() -> Text:
        output = StringIO()
        who.console = Console(file=output, force_terminal=True, width=screen.width)
        try:
            put_state(who, *asked(who, engine))
        except RelayError as error:  # cobra may come back
            who.put(texts.of_error(error, who.language))
        who.put("")
        who.say("watch_end")
        return Text.from_ansi(output.getvalue())

    with _keys() as pressed, Live(look(), console=screen, auto_refresh=False) as live:
        shown = time.monotonic()
        while (key := pressed(LOOK_S)) not in _ENDS:
            if key is not None or time.monotonic() - shown >= every:
                live.update(look(), refresh=True)
                shown = time.monotonic()


@contextmanager
def _keys() -> Iterator[Callable[[float], str | None]]:
    """Give what waits some seconds for a key, without any being shown."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows has it

        def pressed(wait_s: float) -> str | None:
            time.sleep(wait_s)
            return msvcrt.getwch() if msvcrt.kbhit() else None

        yield pressed
    else:
        import select  # noqa: PLC0415 - what Windows has not
        import termios  # noqa: PLC0415 - the same
        import tty  # noqa: PLC0415 - the same

        before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        try:
            yield (
                lambda wait_s: (
                    sys.stdin.read(1) if select.select([sys.stdin], [], [], wait_s)[0] else None
                )
            )
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
