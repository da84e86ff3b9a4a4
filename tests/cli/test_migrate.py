"""`relay migrate` brings cobra and every year that can be reached up to date."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from relay.database import schema
from tests.world.databases import YEARS, Databases, Server
from tests.world.desk import Desk


def fresh(server: Server, folder: Path) -> Desk:
    """Return a desk whose databases are empty."""
    years = [server.create(name) for name in YEARS]
    return Desk(Databases(server, server.create("cobra"), years), folder)


def versions(desk: Desk) -> list[str | None]:
    """Return the version of cobra's side and of each year's."""
    found = []
    places = [("source", desk.databases.cobra), *(("target", url) for url in desk.databases.years)]
    for section, url in places:
        with desk.databases.server.engine(url).connect() as connection:
            found.append(schema.current(connection, "source" if section == "source" else "target"))
    return found


def lines(result: Result) -> list[str]:
    """Return what was printed."""
    return result.stdout.splitlines()


def test_creates_everything_and_says_so(server: Server, tmp_path: Path) -> None:
    """Empty databases get the relay's tables; a second call finds nothing to do."""
    desk = fresh(server, tmp_path)
    result = desk.relay("migrate")
    assert result.exit_code == 0, result.output
    assert versions(desk) == [schema.head("source"), schema.head("target"), schema.head("target")]
    assert [line.split(":")[0] for line in lines(result)] == [
        "cobra",
        *(f"Sage {y}" for y in YEARS),
    ]
    again = desk.relay("migrate")
    assert again.exit_code == 0
    assert all("schon auf Version" in line for line in lines(again))


def test_a_year_that_is_away_delays_only_itself(server: Server, tmp_path: Path) -> None:
    """The others are migrated, the missing one is named, and the exit status tells a script."""
    desk = fresh(server, tmp_path)
    away = desk.databases.years[1]
    gone = away.set(database=f"{away.database}_gone")
    years = [desk.databases.years[0], gone]
    desk.write(Databases(server, desk.databases.cobra, years).settings())
    result = desk.relay("migrate")
    assert result.exit_code == 5, result.output
    assert f"Sage {YEARS[1]}" in result.stderr
    assert versions(desk) == [schema.head("source"), schema.head("target"), None]


def test_prints_the_sql(desk: Desk) -> None:
    """Who runs SQL by hand gets it, and nothing is connected or changed."""
    result = desk.relay("migrate", "--sql", "source")
    assert result.exit_code == 0
    assert result.stdout.strip() == schema.script("source", desk.databases.server.dialect).strip()
