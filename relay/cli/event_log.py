"""Knows what of the relay's log stands in Windows' event log too, and in which words.

What an administrator's monitoring reads there is whether the relay runs, refuses, or has lost a
database; each batch stands in the relay's own log alone. The writer is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from structlog.typing import EventDict, WrappedLogger


class Weight(Enum):
    """How an entry is marked."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


Write = Callable[[Weight, str], None]
Say = Callable[..., str]

EVENTS: Mapping[str, Weight] = {
    "took_over": Weight.INFORMATION,
    "standing_by": Weight.INFORMATION,
    "stopped": Weight.INFORMATION,
    "year_ready": Weight.INFORMATION,
    "year_lost": Weight.WARNING,
    "cobra_away": Weight.WARNING,
    "trigger_wrong": Weight.ERROR,
    "refused": Weight.ERROR,
}
"""Name of the log line to the weight of its entry."""


class EventLog:
    """Writes the few lines that count into the event log; passes every line on as it is."""

    def __init__(self, write: Write, say: Say) -> None:
        """Take what writes an entry, and what returns a text of the catalogue."""
        self._write = write
        self._say = say

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        """Write an entry, if this is such a line; an event log that is full ends nothing."""
        name = str(line.get("event"))
        if name in EVENTS:
            text = self._text(name, line)
            with suppress(Exception):  # pywin32's own error is none of Python's kinds
                self._write(EVENTS[name], text)
        return line

    def _text(self, name: str, line: Mapping[str, Any]) -> str:
        values = {key: value for key, value in line.items() if key not in {"event", "level"}}
        return self._say(f"event_{name}", **values)
