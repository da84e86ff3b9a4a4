"""From an empty profile to a booked invoice, by what the commands say and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relay.admin.learning.line import MASTERS
from tests.admin.learning.sampling import sampled
from tests.admin.learning.spelling import small
from tests.admin.learning.test_unknown import uncommented
from tests.world.odd_sages import OddSage
from tests.world.servers import Server


@pytest.mark.parametrize("kind", ["ids", "counters", "minor"])
def test_sure_lines_are_enough(server: Server, tmp_path: Path, kind: str) -> None:
    """With the sure lines alone doctor has no errors, and Sage takes an invoice as it would."""
    office, desk = sampled(server, tmp_path, kind)
    profile = uncommented(desk.json("learn", "after", "20260001")["profile"])
    desk.write(office.settings, profile)
    again = desk.json("learn", "after", "20260001")
    assert again["differences"] == []
    assert not any(re.match(r"# \S+ = ", line) for line in again["profile"].splitlines())
    assert "Fehler: 0" in desk.relay("doctor").output
    key = office.invoice(office.add(SAGENR0="1002"), number="20260002")
    drained = desk.relay("drain")
    assert drained.exit_code == 0, drained.output
    assert office.state(key) == ("applied", None)
    office.assert_books_right()


def test_row_that_others_point_to_is_no_constant(server: Server, tmp_path: Path) -> None:
    """The number of a header's new row in each line is never a sure value for the next lines."""
    _office, desk = sampled(server, tmp_path, "views")
    fragment = small(desk.json("learn", "after", "20260001")["profile"])
    (line,) = [line for line in fragment.splitlines() if "kopfid" in line]
    assert line.startswith("#? kopfid = ")
    assert "kopf.id" in line.partition("#? ")[2].partition("#")[2]


def test_whose_rows_they_are(server: Server, tmp_path: Path) -> None:
    """A column with the mandant in each table restricts what is seen, of master data as well.

    No sample shows where master data is: its names the profile has.
    """
    office, desk = sampled(server, tmp_path, "german")
    odd = OddSage("german").profile
    known = {part: {name: odd[part][name] for name in MASTERS} for part in ("tables", "columns")}
    desk.write(office.settings, known)
    profile = desk.json("learn", "after", "20260001")["profile"]
    assert small(uncommented(profile)["only"]) == small(odd["only"])


def test_nothing_is_proposed_behind_a_view(server: Server, tmp_path: Path) -> None:
    """Where the profile goes through views, names of the tables behind would only break it."""
    office, desk = sampled(server, tmp_path, "views")
    desk.write(office.settings, OddSage("views").profile)
    fragment = desk.json("learn", "after", "20260001")["profile"]
    assert [line for line in fragment.splitlines() if line.startswith(("# [", "#? "))] == []
    for name in ("Adr", "OPd", "Blg", "Bk"):
        assert f"# {name}: das Profil geht hier über eine Sicht" in fragment
