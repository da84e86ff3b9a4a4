"""Knows the commands that set the relay up: `init` and `migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click
from sqlalchemy.engine import Engine, make_url

from relay.admin.proposal.lines import Standing
from relay.base.errors import Exit, Refused, Unavailable, WrongCall
from relay.base.system import why
from relay.cli.frame import Operator, described, operator
from relay.cli.proposing import proposal_from
from relay.database import dialect_of, schema
from relay.database.connecting import explained, opened
from relay.database.engines import cobra_engine, year_engines
from relay.extras.documents import views


@click.command(help=described("init"))
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=described("init_folder"),
)
@click.option("--from", "cobra", help=described("init_from"))
@click.option("--sage", multiple=True, help=described("init_sage"))
@operator
def init(who: Operator, folder: Path | None, cobra: str | None, sage: tuple[str, ...]) -> None:
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


@click.command(help=described("migrate"))
@click.option("--sql", type=click.Choice(["source", "target"]), help=described("migrate_sql"))
@operator
def migrate(who: Operator, sql: str | None) -> None:
    """Bring cobra and every year that can be reached to the newest version."""
    if sql is not None:
        section = cast("schema.Section", sql)
        click.echo(schema.script(section, _dialect(who, section)).encode())
        return
    cobra = cobra_engine(who.settings)
    _upgrade(who, cobra, "source", "cobra")
    if who.settings.documents is not None:
        with explained(cobra, "cobra"), cobra.begin() as connection:
            views.create(connection, who.settings)
        who.say("cli_views_created")
    away = False
    for name, engine in year_engines(who.settings).items():
        try:
            _upgrade(who, engine, "target", f"Sage {name}")
        except Unavailable as error:
            who.complain(error)
            away = True
    if away:
        who.say("cli_migrate_away")
        raise click.exceptions.Exit(Exit.UNAVAILABLE)


def _upgrade(who: Operator, engine: Engine, section: schema.Section, what: str) -> None:
    with opened(engine, what) as connection, connection.begin():
        was = schema.current(connection, section)
    with explained(engine, what):
        schema.upgrade(engine, section)
    now = schema.head(section)
    if was == now:
        who.say("cli_migrate_nothing", database=what, now=now)
    else:
        who.say("cli_migrated", database=what, was=was, now=now)


def _dialect(who: Operator, section: schema.Section) -> str:
    settings = who.settings  # no password is asked for, since nothing is connected
    url = settings.cobra.url if section == "source" else settings.sage.year[0].url
    return dialect_of(make_url(url)).name
