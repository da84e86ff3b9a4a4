"""Knows the command `init`: a configuration to adapt, or one proposed from the databases.

No secret is written into it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from relay.admin.proposal import FoundYear, Proposed, Reach, ask, propose
from relay.admin.proposal.lines import Standing
from relay.base.errors import Refused, WrongCall
from relay.base.files import why
from relay.cli.frame import Caller, command, described
from relay.cli.options import FOLDER
from relay.database import dialect_of
from relay.database.connecting import opened
from relay.database.secrets import holds_secret
from relay.settings import DRIVERS

PATIENCE_MS = 2000


@command("init")
@click.option("--folder", type=FOLDER, help=described("init_folder"))
@click.option("--from", "cobra", help=described("init_from"))
@click.option("--sage", multiple=True, help=described("init_sage"))
def init(who: Caller, folder: Path | None, cobra: str | None, sage: tuple[str, ...]) -> None:
    """Write a configuration to adapt; one that is there is never touched."""
    file = who.config if folder is None else folder / "relay.toml"
    if not file.parent.is_dir():
        raise Refused("cli_folder_missing", folder=file.parent)
    if cobra is None and sage:
        raise WrongCall("cli_init_sage_alone")
    if cobra is None:
        _write(file, example(who.language))
        who.say("cli_init_done", file=file)
        return
    if file.exists():
        raise Refused("cli_init_exists", file=file)
    proposed = proposal_from(cobra, sage, example(who.language), who.language)
    _write(file, proposed.text)
    counts = proposed.counts
    who.say(
        "cli_init_proposed",
        file=file,
        sure=counts[Standing.VERIFIED] + counts[Standing.READ],
        assumed=counts[Standing.ASSUMED],
        choose=counts[Standing.CHOOSE],
    )


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise Refused("cli_init_exists", file=file) from None
    except OSError as error:
        raise Refused("cli_file_not_written", file=file, what=why(error)) from None


def example(language: str) -> str:
    """Return the configuration that `init` writes, with comments in a language."""
    return Path(__file__).with_name(f"example.{language}.toml").read_text(encoding="utf-8")


def proposal_from(cobra: str, sage: Sequence[str], example: str, language: str) -> Proposed:
    """Look at the databases and propose a configuration.

    Raises:
        Refused: a URL cannot be used, or holds a secret elsewhere than as its password.
        Unavailable: a database does not answer.
    """
    url, *urls = map(_url, (cobra, *sage))
    place, *places = map(place_of, (url, *urls))
    years: list[tuple[Reach, FoundYear]] = []
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


def place_of(url: URL) -> Reach:
    """Return how a database is reached, without its password.

    Raises:
        Refused: `cli_init_secret`, a secret stands elsewhere in the URL.
    """
    plain = url._replace(password=None)  # set() would leave it in
    if holds_secret(plain):
        raise Refused("cli_init_secret")
    written = plain.render_as_string(hide_password=False)
    return Reach(written, has_user=url.username is not None)


@contextmanager
def _looking(url: URL, what: str, variable: str) -> Iterator[Connection]:
    if url.username is not None and url.password is None and variable in os.environ:
        url = url.set(password=os.environ[variable])
    engine = dialect_of(url).engine(url, lock_timeout_ms=PATIENCE_MS)
    with opened(engine, what) as connection, connection.begin():
        yield connection
