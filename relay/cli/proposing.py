"""Knows how `relay init --from` reaches the databases that it looks at; no secret is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from relay.admin.proposal import Place, Proposed, Told, ask, propose
from relay.base.errors import Refused
from relay.database import dialect_of
from relay.database.connecting import opened
from relay.database.secrets import shown
from relay.settings import DRIVERS

PATIENCE_MS = 2000


def proposal_from(cobra: str, sage: Sequence[str], example: str, language: str) -> Proposed:
    """Look at the databases and propose a configuration.

    Raises:
        Refused: a URL cannot be used, or holds a secret elsewhere than as its password.
        Unavailable: a database does not answer.
    """
    url, *urls = map(_url, (cobra, *sage))
    place, *places = map(place_of, (url, *urls))
    years: list[tuple[Place, Told]] = []
    for each, where in zip(urls, places, strict=True):
        with _looking(each, "Sage", "SAGE_PASSWORD") as connection:
            years.append((where, ask(connection, each)))
    with _looking(url, "cobra", "COBRA_PASSWORD") as connection:
        return propose(connection, place, years, example, language)


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise Refused("cli_init_url") from None
    if url.drivername not in DRIVERS:
        raise Refused("cli_init_url")
    if dialect_of(url).name == "sqlite":
        return url.set(database=str(Path(url.database or "").resolve()))
    return url


def place_of(url: URL) -> Place:
    """Return how a database is reached, without its password.

    Raises:
        Refused: `cli_init_secret`, a secret stands elsewhere in the URL.
    """
    plain = url._replace(password=None)  # set() would leave it in
    written = plain.render_as_string(hide_password=False)
    if shown(plain) != written:
        raise Refused("cli_init_secret")
    return Place(written, has_user=url.username is not None)


@contextmanager
def _looking(url: URL, what: str, variable: str) -> Iterator[Connection]:
    if url.username is not None and url.password is None and variable in os.environ:
        url = url.set(password=os.environ[variable])
    engine = dialect_of(url).engine(url, lock_timeout_ms=PATIENCE_MS)
    with opened(engine, what) as connection, connection.begin():
        yield connection
