"""Knows what a point is: a name, what is expected, and what a server answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from relay.base.errors import RelayError, RowCountError
from relay.database import dialect_of
from relay.database.secrets import hidden

DONE = "done"
"""What is seen where nothing is answered."""
OR = " or "
"""Stands between answers of which one is as good as the other."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something that only the server at hand can tell."""

    name: str
    expected: str
    seen: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the server answers as expected."""
        return self.seen in {self.expected, *self.expected.split(OR)}


def asked(url: URL, name: str, expected: str, ask: Callable[[], object]) -> Point:
    """Return the point with what was seen; an error is an answer too."""
    point = Point(name, expected)
    try:
        answer = ask()
        return replace(point, seen=DONE if answer is None else str(answer))
    except RelayError as error:
        what = error.values.get("what")
        return replace(point, seen=error.code if what is None else f"{error.code}: {what}")
    except DBAPIError as error:
        return replace(point, seen=error_text(error, url))
    except RowCountError as error:
        return replace(point, seen=str(error))


def error_text(error: BaseException, url: URL) -> str:
    """Return a database's error as a code, and its words where the code says too little."""
    code, words = dialect_of(url).explain(error)
    return code if code == "database_locked" else f"{code}: {' '.join(hidden(words, url).split())}"
