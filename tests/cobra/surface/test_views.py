"""The views tell in SQL what is open, why, for what it waits, since when, and what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from relay.base import texts
from relay.base.values import OPEN, Status
from tests.cobra.surface.book import Book, ago

A, B = "A&B2025", "B2026"


def test_german_names_are_those_of_the_catalogue(book: Book) -> None:
    """Statuses and states of years are called as the command line calls them."""
    names = book.ask("SELECT * FROM relay.v_status_name ORDER BY position")
    assert [(row["status"], row["status_de"]) for row in names] == [
        (str(status), texts.status(status, "de")) for status in Status
    ]
    states = {
        "ready": "year_ready",
        "away": "year_state_away",
        "refused": "year_refused",
        "removed": "year_removed",
    }
    for state in states:
        book.year(state, state)
    told = {row["scope"]: row["state_de"] for row in book.ask("SELECT * FROM relay.v_year")}
    assert told == {"*": None} | {s: texts.text(code, "de") for s, code in states.items()}
    book.pause("away", "x")
    (paused,) = book.ask("SELECT state_de FROM relay.v_year WHERE scope = 'away'")
    assert paused["state_de"] == (
        f"{texts.text('year_state_away', 'de')}, {texts.text('year_paused', 'de')}"
    )


def test_open_shows_what_is_not_finished(book: Book) -> None:
    """Each open entry is there once with its German name; a finished one is not."""
    for number, status in enumerate(Status):
        book.entry(str(number), status)
    rows = book.ask("SELECT * FROM relay.v_open ORDER BY entry")
    assert [(row["status"], row["status_de"]) for row in rows] == [
        (str(status), texts.status(status, "de")) for status in OPEN
    ]


def test_open_says_what_is_wrong_and_where(book: Book) -> None:
    """Code and text stand beside the record, and how far it is in each year."""
    entry = book.entry("a'<b>&", "held", error_code="number_taken", error="Nummer vergeben.\n…")
    book.delivery(entry, B, "held", error_code="number_taken")
    book.delivery(entry, A, "applied")
    (row,) = book.ask("SELECT * FROM relay.v_held")
    assert (row["entry"], row["entity"], row["entity_key"]) == (entry, "address", "a'<b>&")
    assert (row["error_code"], row["error"]) == ("number_taken", "Nummer vergeben.\n…")
    assert row["years"] == f"{A}: übernommen; {B}: angehalten (number_taken)"


def test_open_counts_what_waits_behind(book: Book) -> None:
    """Other open entries of the same record, and entries of other records that wait for it."""
    book.entry("1", "applied")
    first, second = book.entry("1", "held"), book.entry("1", "held")
    book.entry("1", "pending", entity="invoice", waiting_on="address:1")
    book.entry("8", "waiting", entity="invoice", waiting_on="address:1")
    book.entry("9", "waiting", entity="invoice", waiting_on="address:1")
    own = book.entry("2", "waiting", waiting_on="address:2")
    rows = book.ask("SELECT entry, behind, dependents FROM relay.v_open WHERE entity = 'address'")
    assert {row["entry"]: (row["behind"], row["dependents"]) for row in rows} == {
        first: (1, 2), second: (1, 2), own: (0, 0),
    }  # fmt: skip


@pytest.mark.parametrize("month", [1, 7])
def test_times_stand_in_local_time_beside_utc(book: Book, month: int) -> None:
    """Winter and summer time are told apart, whatever the time of year is when one asks."""
    at = datetime(2026, month, 15, 11, 30, 15, 250_000, tzinfo=UTC)
    book.entry("1", "retrying", created_at=at, next_attempt_at=at)
    (row,) = book.ask("SELECT * FROM relay.v_open")
    # SQL Server shows Swiss time, SQLite the time of the machine that it runs on.
    zone = ZoneInfo("Europe/Zurich") if not isinstance(row["created_at"], str) else None
    local = at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    assert str(row["created_local"]) == str(row["next_attempt_local"]) == local
    assert str(row["created_at"]).startswith(f"2026-0{month}-15 11:30:15")


def test_held_and_waiting_show_only_their_own(book: Book) -> None:
    """What only takes a moment, or is finished, is in neither."""
    numbers = {status: book.entry(str(status), status) for status in Status}
    assert [row["entry"] for row in book.ask("SELECT * FROM relay.v_held")] == [
        numbers[Status.HELD]
    ]
    assert [row["entry"] for row in book.ask("SELECT * FROM relay.v_waiting")] == [
        numbers[Status.WAITING]
    ]


def test_waiting_says_why_a_year_is_not_there(book: Book) -> None:
    """A paused year gives the pause's reason, a refused one its text; other waits have neither."""
    book.year(A)
    book.year(B, "refused", "wiederhergestellt")
    book.pause(A, "Abschluss")
    paused = book.entry("1", "waiting", waiting_on=f"year:{A}")
    refused = book.entry("2", "waiting", waiting_on=f"year:{B}")
    incomplete = book.entry("3", "waiting", waiting_on="address", error="Es fehlt der Ort.")
    rows = book.ask("SELECT * FROM relay.v_waiting")
    assert {row["entry"]: (row["year_state_de"], row["year_text"]) for row in rows} == {
        paused: ("bereit, angehalten", "Abschluss"),
        refused: ("abgelehnt", "wiederhergestellt"),
        incomplete: (None, None),
    }
    assert {row["entry"]: row["error"] for row in rows}[incomplete] == "Es fehlt der Ort."


def test_a_pause_of_all_years_is_each_ones(book: Book) -> None:
    """What waits for a year says that all are paused, and so does the year."""
    book.year(A)
    book.pause("*", "Umzug")
    book.entry("1", "waiting", waiting_on=f"year:{A}")
    (row,) = book.ask("SELECT * FROM relay.v_waiting")
    assert (row["year_state"], row["year_paused"], row["year_text"]) == ("ready", 1, "Umzug")
    years = book.ask("SELECT scope, paused FROM relay.v_year")
    assert {row["scope"]: row["paused"] for row in years} == {"*": 1, A: 1}


def test_history_tells_a_record_in_order(book: Book) -> None:
    """Change, action, delivery; only those of the record, also with an awkward key."""
    key = 'a"1'
    entry = book.entry(
        key, "applied", changed="firm,city", created_by="Beat", applied_by=7, created_at=ago(days=3)
    )
    book.audited("release", "{}", "jetzt", '["address 9","address a\\"1"]')
    warned = '[["text_cut","zu lang"]]'
    book.delivery(entry, B, "applied", sage_key="70", sent='{"City":"Bern"}', warnings=warned)
    for other in ("1", key.upper(), key + "1"):
        book.entry(other, "applied")
    rows = book.ask(
        "SELECT * FROM relay.v_history WHERE entity = 'address'"
        " AND entity_key = 'a\"1' ORDER BY at, position, entry"
    )
    change, action, delivery = rows
    assert (change["kind"], change["entry"], change["who"]) == ("change", entry, "Beat")
    assert (change["action"], change["changed"], change["cause"]) == (
        "update", "firm,city", "trigger",
    )  # fmt: skip
    assert (change["status_de"], change["applied_by"]) == ("übernommen", 7)
    assert (action["kind"], action["action"]) == ("action", "release")
    assert (action["who"], action["text"]) == ("Rosa", "jetzt")
    assert (delivery["kind"], delivery["year"], delivery["sage_key"]) == ("delivery", B, "70")
    assert (delivery["sent"], delivery["status"]) == ('{"City":"Bern"}', "applied")
    assert "zu lang" in delivery["warnings"]


def test_history_keeps_what_concerns_no_record(book: Book) -> None:
    """Pauses and the like stand under the entity `relay`, with what they concern as the key."""
    book.entry("1")
    book.audited("pause", A, "Abschluss", "[]")
    book.audited("release", "{}", "gut", '["address 1"]')
    book.audited("reconcile", A, "Sicherung", '{"records":7}')
    rows = book.ask("SELECT * FROM relay.v_history WHERE entity = 'relay' ORDER BY text")
    assert [(row["entity_key"], row["action"], row["text"]) for row in rows] == [
        (A, "pause", "Abschluss"), (A, "reconcile", "Sicherung"),
    ]  # fmt: skip


def test_status_counts_over_all_and_by_year(book: Book) -> None:
    """A year counts what it has finished, and what not, whatever the other year has."""
    book.year(A)
    book.year(B, "away", "keine Verbindung")
    book.pause(B, "Umbau")
    oldest = ago(hours=2)
    waiting = book.entry("1", "waiting", created_at=oldest)
    book.delivery(waiting, A, "applied")
    book.delivery(waiting, B, "waiting")
    book.entry("2", "not_for_sage")
    book.entry("3", "held")
    rows = book.ask("SELECT * FROM relay.v_status")
    assert {(row["scope"], row["status"], row["entries"]) for row in rows} == {
        ("*", "waiting", 1), ("*", "not_for_sage", 1), ("*", "held", 1),
        (A, "applied", 1), (A, "held", 1),
        (B, "waiting", 1), (B, "held", 1),
    }  # fmt: skip
    by_place = {(row["scope"], row["status"]): row for row in rows}
    away = by_place[B, "waiting"]
    assert (away["state"], away["state_de"]) == ("away", "nicht erreichbar, angehalten")
    assert (away["error"], away["paused"], away["pause_reason"]) == (
        "keine Verbindung", 1, "Umbau",
    )  # fmt: skip
    assert away["paused_by"] == "Rosa"
    assert 7190 <= away["oldest_seconds"] <= 7300
    assert by_place["*", "not_for_sage"]["oldest_at"] is None


def test_status_has_a_row_for_a_year_without_entries(book: Book) -> None:
    """An empty outbox still shows each year and its state."""
    book.year(A, "refused", "kopiert")
    rows = book.ask("SELECT * FROM relay.v_status")
    assert {(row["scope"], row["state_de"], row["error"], row["entries"]) for row in rows} == {
        ("*", None, None, 0), (A, "abgelehnt", "kopiert", 0),
    }  # fmt: skip


def test_lag_of_nothing_is_well(book: Book) -> None:
    """One row, nothing open, no age; what is finished or only waits does not trouble."""
    book.year(A)
    book.entry("1", "applied", created_at=ago(days=1))
    (row,) = book.ask("SELECT * FROM relay.v_lag")
    assert (row["all_well"], row["open_entries"], row["lag_seconds"]) == (1, 0, None)
    book.entry("2", "waiting", created_at=ago(days=1))
    book.entry("3", "pending")
    (row,) = book.ask("SELECT * FROM relay.v_lag")
    assert row["all_well"] == 1
    assert (row["open_entries"], row["due"], row["waiting"], row["held"]) == (2, 1, 1, 0)


def test_lag_names_the_oldest(book: Book) -> None:
    """The oldest open entry, its record and its age."""
    book.entry("1", "applied", created_at=ago(days=9))
    old = book.entry("2", "waiting", created_at=ago(hours=1))
    book.entry("3", "pending")
    (row,) = book.ask("SELECT * FROM relay.v_lag")
    assert (row["oldest_entry"], row["oldest_entity"], row["oldest_key"]) == (old, "address", "2")
    assert row["oldest_status_de"] == "wartet"
    assert 3590 <= row["lag_seconds"] <= 3700


@pytest.mark.parametrize("trouble", ["held", "due", "away", "paused"])
def test_lag_says_when_all_is_not_well(book: Book, trouble: str) -> None:
    """Something is held, due for more than a minute, or a year is away or paused."""
    book.year(A, "away" if trouble == "away" else "ready")
    if trouble == "held":
        book.entry("1", "held")
    if trouble == "due":
        book.entry("1", "retrying", created_at=ago(minutes=3))
    if trouble == "paused":
        book.pause(A, "x")
    (row,) = book.ask("SELECT * FROM relay.v_lag")
    assert row["all_well"] == 0
