"""Knows how the relay's log lines look: for a person on a terminal, else JSON, one object a line.

Log lines carry names, codes, counts and texts, never a password: a URL gets into a value only
without it, and a traceback shows no local variables, among which a password may be.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

_SHARED: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(*, quiet: bool = False) -> None:
    """Send our log lines, and warnings of libraries, to stderr; `quiet` keeps to warnings."""
    level = logging.WARNING if quiet else logging.INFO
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[*_SHARED, *_rendering(terminal=terminal)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    of_libraries = logging.StreamHandler(sys.stderr)
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
