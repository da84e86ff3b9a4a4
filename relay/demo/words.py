"""Knows what the demo says, in German and English."""

from __future__ import annotations

from typing import Literal

Language = Literal["de", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "built": (
        "Im Ordner {folder}: cobra und zwei Sage-Jahre, {count} Adressen, Trigger.",
        "In the folder {folder}: cobra and two Sage years, {count} addresses, triggers.",
    ),
    "started": (
        "Das Relay läuft als eigener Prozess ({pid}).",
        "The relay runs as a process of its own ({pid}).",
    ),
    "first": ("Alle Adressen gehen nach Sage", "All addresses go to Sage"),
    "first_done": (
        "{rows} Adressen stehen in jedem Jahr; {others} betreffen Sage nicht.",
        "{rows} addresses are in each year; {others} do not concern Sage.",
    ),
    "one": (
        "Eine Sachbearbeiterin ändert eine Telefonnummer: nach {ms} ms in beiden Jahren.",
        "A clerk changes one phone number: after {ms} ms in both years.",
    ),
    "many": ("Ein Befehl ändert {rows} Adressen", "One statement changes {rows} addresses"),
    "away": (
        "{year} ist weg; {rows} Adressen werden geändert und warten",
        "{year} is away; {rows} addresses are changed and wait",
    ),
    "away_done": (
        "{other} hat die {rows} Änderungen schon, {year} nicht: {waiting} Meldungen warten.",
        "{other} already has the {rows} changes, {year} has not: {waiting} entries wait.",
    ),
    "back": ("{year} ist wieder da", "{year} is back"),
    "killed": (
        "Das Relay wird mitten in {rows} Änderungen abgeschossen (kill -9); {open} sind offen.",
        "The relay is killed amid {rows} changes (kill -9); {open} are open.",
    ),
    "meanwhile": (
        "Ohne Relay wird weitergearbeitet: {rows} weitere Änderungen.",
        "Work goes on without the relay: {rows} more changes.",
    ),
    "again": ("Das Relay läuft wieder", "The relay runs again"),
    "not_ready": (
        "Wartet, ohne jemanden zu stören. {text}",
        "Waits, and is in nobody's way. {text}",
    ),
    "ready": (
        "Der Ort wird in cobra nachgetragen: die Adresse geht von selbst, nach {ms} ms.",
        "The town is added in cobra: the address goes by itself, after {ms} ms.",
    ),
    "clash": (
        "Angehalten, und bleibt es hier. {text}",
        "Held, and stays so here. {text}",
    ),
    "stopped": ("Das Relay ist beendet.", "The relay has stopped."),
    "proof": ("Beweis aus den Datenbanken selbst", "Proof from the databases themselves"),
    "check": ("Prüfung", "Check"),
    "looked_at": ("geprüft", "looked at"),
    "wrong": ("falsch", "wrong"),
    "check_equal": ("{year} gleicht cobra", "{year} equals cobra"),
    "check_extra": (
        "{year}: nichts doppelt oder fremd",
        "{year}: nothing double, nothing unknown",
    ),
    "check_ledger": (
        "{year}: eine Zeile im Journal je Meldung",
        "{year}: one ledger row per entry",
    ),
    "check_open": (
        "Nichts offen ausser der angehaltenen Adresse",
        "Nothing open but the held address",
    ),
    "check_noticed": ("Jede Adresse hat eine Meldung", "Every address has an entry"),
    "proved": (
        "Nichts verloren, nichts doppelt, nichts veraltet.",
        "Nothing lost, nothing double, nothing stale.",
    ),
    "disproved": ("{count} Verstösse:", "{count} violations:"),
    "next": ("Und nun:", "What next:"),
}


def word(language: Language, name: str, **values: object) -> str:
    """Return a text with its values filled in."""
    german, english = WORDS[name]
    return (german if language == "de" else english).format(**values)
