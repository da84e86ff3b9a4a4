"""Knows how the relay's log lines look: for a person on a terminal, else JSON, one object a line.

Log lines carry names, codes, counts and texts, never a password: a URL gets into a value only
without it, and a traceback shows no local variables, among which a password may be. In Windows'
event log too stands only what an administrator's monitoring reads there: whether the relay runs,
refuses, or has lost a database.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from io import TextIOBase
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SHARED: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class LossyStream(TextIOBase):
    """Writes to a stream whose trouble is its own: lines may be lost, the work goes on.

    The disk that it goes to is full, its reader is gone, or there is none: a service of Windows.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream, if there is one."""
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Let go what can be let go."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()

    def isatty(self) -> bool:
        """Tell whether a person reads along."""
        return self._stream is not None and self._stream.isatty()


def configure(*, quiet: bool = False, silent: bool = False, also: Processor | None = None) -> None:
    """Send our log lines, and warnings of libraries, to stderr.

    `quiet` keeps to warnings; `silent` to errors, where a command tells people the rest itself.
    `also` hears of each line of ours before it is written.
    """
    level = logging.ERROR if silent else logging.WARNING if quiet else logging.INFO
    stream = LossyStream(sys.stderr)
    terminal = stream.isatty()
    structlog.configure(
        processors=[
            *_SHARED,
            *([] if also is None else [also]),
            *_rendering(terminal=terminal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", stream)),
        cache_logger_on_first_use=False,
    )
    of_libraries = logging.StreamHandler(stream)
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(terminal=terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [of_libraries]
    root.setLevel(logging.WARNING)


def _rendering(*, terminal: bool) -> list[Processor]:
    if terminal:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=True, exception_formatter=plain)]
    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(without_locals),
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def _json(event: EventDict, default: Callable[[Any], Any], **_options: Any) -> str:
    return orjson.dumps(event, default=default).decode()


class Weight(Enum):
    """How an entry is marked."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


EVENTS: Mapping[str, Weight] = {
    "took_over": Weight.INFORMATION,
    "standing_by": Weight.INFORMATION,
    "stopped": Weight.INFORMATION,
    "year_ready": Weight.INFORMATION,
    "year_lost": Weight.WARNING,
    "cobra_away": Weight.WARNING,
    "captured_away": Weight.WARNING,
    "trigger_wrong": Weight.ERROR,
    "refused": Weight.ERROR,
}
"""Name of the log line to the weight of its entry."""


class EventLog:
    """Writes the few lines that count into the event log; passes every line on as it is."""

    def __init__(self, write: Callable[[Weight, str], None], say: Callable[..., str]) -> None:
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
