"""Numbers that Sage takes from a counter are proposed with it, surely only if nothing else fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.admin.learning.changes import ChangedRow, TableChanges
from relay.admin.learning.counting import proposed_counters
from relay.admin.learning.expected import ExpectedRow
from relay.admin.learning.pairing import Pair, PairedTable
from relay.admin.learning.snapshot import SageRows
from relay.database import TableInfo
from relay.sage.counters import is_same, written
from relay.settings import Profile
from relay.settings.profile import Counter
from tests.admin.learning.sampling import sampled
from tests.admin.learning.spelling import small
from tests.admin.learning.test_unknown import run, uncommented
from tests.world.databases import merged
from tests.world.odd_sages import OddSage
from tests.world.office import THIS
from tests.world.servers import Server

Row = dict[str, Any]


def keys_of(profile: Row) -> dict[tuple[str, str], Counter]:
    """Return the counters of a profile."""
    keys = Profile.model_validate(profile).keys
    return {
        (table.casefold(), name.casefold()): key
        for table, names in keys.items()
        for name, key in names.items()
        if isinstance(key, Counter)
    }


def test_counters_are_found(server: Server, tmp_path: Path) -> None:
    """Each key and the documents have the counter that gave their numbers; none is identity."""
    _office, desk = sampled(server, tmp_path, "counters")
    fragment = desk.json("learn", "after", "20260001")["profile"]
    found, expected = keys_of(uncommented(fragment)), keys_of(OddSage("counters").profile)
    assert found.keys() == expected.keys()
    assert all(is_same(found[place], counter) for place, counter in expected.items())
    assert "identity" not in fragment


def test_another_explanation(server: Server, tmp_path: Path) -> None:
    """Where two counters went on alike, each is a possibility."""
    office, desk = sampled(
        server, tmp_path, "counters",
        "CREATE TABLE Zweite (Art varchar(3) NOT NULL PRIMARY KEY, Nr int)",
        "INSERT INTO Zweite VALUES ('B', 300)",
    )  # fmt: skip
    run(office.sage[THIS], "UPDATE Zweite SET Nr = 301")
    fragment = small(desk.json("learn", "after", "20260001")["profile"])
    assert "rowid" not in small(uncommented(fragment))["keys"]["blg"]
    choices = [line for line in fragment.splitlines() if line.startswith("#? rowid")]
    assert len(choices) == 3
    assert sum("zweite.nr" in line for line in choices) == 1
    assert sum('"identity"' in line for line in choices) == 1


def test_what_the_profile_says_is_not_repeated(server: Server, tmp_path: Path) -> None:
    """A profile that has all counters gets no line; one that says otherwise gets the right one."""
    office, desk = sampled(server, tmp_path, "counters")
    profile = OddSage("counters").profile
    desk.write(office.settings, profile)
    fragment = desk.json("learn", "after", "20260001")["profile"]
    assert [line for line in fragment.splitlines() if line.startswith(("# [", "#? "))] == []
    wrong = merged(profile, {"keys": {"Bk": {"RowId": "identity"}}})
    desk.write(office.settings, wrong)
    fragment = desk.json("learn", "after", "20260001")["profile"]
    assert keys_of(uncommented(fragment)).keys() == {("bk", "rowid")}


def changes(name: str, *changed: ChangedRow, key: tuple[str, ...] = ()) -> TableChanges:
    """Return what became of a table of counters."""
    table = SageRows(TableInfo("dbo", name), (), key, None, ())
    return TableChanges(table, rows=2, changed=list(changed))


def table(name: str, real: str, *numbers: int) -> PairedTable:
    """Return a table whose new rows have these numbers."""
    pairing = PairedTable(name, real)
    pairing.pairs = [Pair(ExpectedRow(name, {}), {"ID": number}) for number in numbers]
    return pairing


@pytest.mark.parametrize(
    ("now", "by", "expected"),
    [
        (107, 4, {("Adr", True, "last"), ("Bk", True, "last")}),
        (108, 4, {("Adr", True, "next"), ("Bk", True, "next")}),
        (107, 5, {("Bk", False, "last")}),
        (107, 0, {("Bk", False, "last")}),
        (110, 4, set()),
    ],
)
def test_one_counter_of_several_tables(now: int, by: int, expected: set[Any]) -> None:
    """A counter that all tables share is sure if it went on by all of their numbers."""
    risen = {"Wert": by} if by else {}
    row = ChangedRow({"Art": "ID  ", "Wert": now}, ("Wert",), risen)
    found = proposed_counters(
        [table("Adr", "A", 104), table("Bk", "B", 105, 106, 107)],
        [changes("Nummern", row, key=("Art",))],
        {"A": "ID", "B": "ID"},
        frozenset(),
    )
    assert {(f.numbers.table, f.is_sure, f.counter.holds) for f in found} == expected
    where = 'dbo.Nummern.Wert", where = { Art = "ID" }'
    assert all(where in written(f.counter) for f in found)


def test_what_the_database_gives_is_no_counters() -> None:
    """A number that only the database can give has no counter, whatever else went on."""
    row = ChangedRow({"Wert": 107}, ("Wert",), {"Wert": 3})
    tables = [table("Bk", "B", 105, 106, 107)]
    keys, counters = {"B": "ID"}, [changes("Nummern", row)]
    assert proposed_counters(tables, counters, keys, frozenset("B")) == []
    assert [f.is_sure for f in proposed_counters(tables, counters, keys, frozenset())] == [True]
