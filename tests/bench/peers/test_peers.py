"""The comparison counts rightly, and its sides carry what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.peers import comparing
from tests.bench.peers.counting import Change, Kept, kept
from tests.bench.peers.side import changes_of
from tests.bench.sizes import SIZES
from tests.world.servers import SqliteServer

TASTE = SIZES["taste"]
SAVED = [Change(1, "a"), Change(2, "b"), Change(3, "a"), Change(4, "a")]


@pytest.fixture
def files(tmp_path: Path) -> SqliteServer:
    """Where databases are made; the others know only SQLite."""
    return SqliteServer(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("arrived", "stands", "expected"),
    [
        ([1, 2, 3, 4], {"a": 4, "b": 2}, Kept(0, 0, 0, 0)),
        ([1, 2, 4], {"a": 4, "b": 2}, Kept(1, 0, 0, 0)),
        ([1, 3, 4], {"a": 4, "b": 0}, Kept(1, 0, 0, 1)),
        ([1, 2, 3, 3, 4], {"a": 4, "b": 2}, Kept(0, 1, 0, 0)),
        ([2, 1, 4, 3], {"a": 3, "b": 2}, Kept(0, 0, 1, 1)),
        ([1, 2, 3, 4, 3, 4], {"a": 4, "b": 2}, Kept(0, 2, 1, 0)),
        ([], {}, Kept(4, 0, 0, 2)),
    ],
)
def test_counts(arrived: list[int], stands: dict[str, int], expected: Kept) -> None:
    """What is missing, repeated, overtaken or too old is told apart."""
    of_number = {change.number: change for change in SAVED}
    assert kept(SAVED, [of_number[number] for number in arrived], stands) == expected


@pytest.mark.parametrize(("entries", "lost"), [({"a": 3, "b": 1}, 0), ({"a": 2, "b": 1}, 1)])
def test_a_ledger_answers_for_states_that_were_passed_over(
    entries: dict[str, int], lost: int
) -> None:
    """A newer state stands for older ones only if the target has their entries, too."""
    arrived = [Change(2, "b"), Change(4, "a")]
    assert kept(SAVED, arrived, {"a": 4, "b": 2}, entries) == Kept(lost, 0, 0, 0)


@pytest.mark.parametrize("name", comparing.SIDES)
def test_carries_and_survives(name: str, files: SqliteServer) -> None:
    """A side carries all changes in turns, and ends with the newest state after it was killed."""
    if name in comparing.absent():
        pytest.skip(f"{name} is not installed")
    changes = changes_of(TASTE.peer_changes, TASTE.peer_addresses)
    saves, rates = comparing.in_turns(files, [name], changes, TASTE)
    assert len(saves[name]) == len(rates[name]) == TASTE.peer_turns
    counted = comparing.when_killed(files, name, changes, TASTE)
    if name == comparing.RELAY:
        assert counted == Kept(0, 0, 0, 0)


def test_says_which_package_is_absent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the packages the bench says so and goes on."""
    monkeypatch.setattr("tests.bench.__main__.absent", lambda: ["txoutbox"])
    monkeypatch.setattr("sys.argv", ["bench", "peers", "--only", "sqlite", "--sizes", "taste"])
    main()
    assert "txoutbox not installed" in "".join(capsys.readouterr())
