"""Knows what the demo says, in German and English."""

from __future__ import annotations

from typing import Literal

Language = Literal["de", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "built": (
        "Im Ordner {folder}: cobra mit {count} Adressen, drei Sage-Jahre zweier Mandanten.",
        "In the folder {folder}: cobra with {count} addresses, three Sage years of two mandants.",
    ),
    "started": (
        "Das Relay läuft als eigener Prozess ({pid}).",
        "The relay runs as a process of its own ({pid}).",
    ),
    "addresses": ("Alle Adressen werden bemerkt", "All addresses are noticed"),
    "addresses_done": (
        "{others} betreffen Sage noch nicht: Eine Adresse geht mit ihrer ersten Rechnung.",
        "{others} do not concern Sage yet: an address goes with its first invoice.",
    ),
    "drafts": (
        "{count} Rechnungen werden geschrieben: Entwürfe gehen nicht nach Sage",
        "{count} invoices are written: drafts do not go to Sage",
    ),
    "printed": ("{count} Rechnungen werden gedruckt", "{count} invoices are printed"),
    "printed_done": (
        "{count} Rechnungen sind verbucht, mit ihnen kamen {customers} Debitoren.",
        "{count} invoices are booked; {customers} debtors came with them.",
    ),
    "one": (
        "Eine Sachbearbeiterin ändert die Telefonnummer eines Kunden: nach {ms} ms in Sage.",
        "A clerk changes a customer's phone number: after {ms} ms in Sage.",
    ),
    "away": (
        "{year} ist weg; {count} Rechnungen beider Mandanten werden gedruckt",
        "{year} is away; {count} invoices of both mandants are printed",
    ),
    "away_done": (
        "Der andere Mandant hat seine Rechnungen; {waiting} warten auf {year}.",
        "The other mandant has its invoices; {waiting} wait for {year}.",
    ),
    "back": ("{year} ist wieder da", "{year} is back"),
    "killed": (
        "Das Relay wird mitten in {count} Rechnungen abgeschossen (kill -9); {open} offen.",
        "The relay is killed amid {count} invoices (kill -9); {open} are open.",
    ),
    "again": ("Das Relay läuft wieder", "The relay runs again"),
    "wrong_account": (
        "Ein falsches Konto: angehalten. {text}",
        "A wrong account: held. {text}",
    ),
    "right_account": (
        "In cobra korrigiert: Die Rechnung geht von selbst, nach {ms} ms.",
        "Corrected in cobra: the invoice goes by itself, after {ms} ms.",
    ),
    "no_account": (
        "Ein Konto, das Sage noch nicht hat. {text}",
        "An account that Sage does not have yet. {text}",
    ),
    "account_opened": (
        "Das Konto wird in Sage eröffnet: Die Rechnung geht von selbst, nach {ms} ms.",
        "The account is opened in Sage: the invoice goes by itself, after {ms} ms.",
    ),
    "not_ready": (
        "Der Kunde hat keinen Ort: Seine Rechnung wartet, ohne jemanden zu stören. {text}",
        "The customer has no town: the invoice waits, and is in nobody's way. {text}",
    ),
    "ready": (
        "Der Ort wird in cobra nachgetragen: Adresse und Rechnung gehen von selbst, nach {ms} ms.",
        "The town is added in cobra: address and invoice go by themselves, after {ms} ms.",
    ),
    "cancelled": (
        "Rechnung {number} wird storniert: Sage bucht sie mit einem eigenen Beleg zurück",
        "Invoice {number} is cancelled: Sage takes it back with a document of its own",
    ),
    "too_early": (
        "Eine Rechnung vom {day}, vor dem Beginn ({start}), wird nie verbucht",
        "An invoice of {day}, before the start ({start}), is never booked",
    ),
    "no_year": (
        "Eine Rechnung fürs nächste Jahr wartet. {text}",
        "An invoice for the next year waits. {text}",
    ),
    "year_added": (
        "{year} wird eingerichtet, das Relay neu gestartet: Sie geht von selbst, nach {ms} ms.",
        "{year} is set up, the relay restarted: it goes by itself, after {ms} ms.",
    ),
    "clash": (
        "Eine Nummer zum zweiten Mal: angehalten, und bleibt es hier. {text}",
        "A number for the second time: held, and stays so here. {text}",
    ),
    "stopped": ("Das Relay ist beendet.", "The relay has stopped."),
    "proof": ("Beweis aus den Datenbanken selbst", "Proof from the databases themselves"),
    "check": ("Prüfung", "Check"),
    "looked_at": ("geprüft", "looked at"),
    "wrong": ("falsch", "wrong"),
    "check_equal": ("{year}: Adressen gleichen cobra", "{year}: addresses equal cobra"),
    "check_items": (
        "{year}: jede Rechnung einmal, mit Betrag und Kunde",
        "{year}: every invoice once, with amount and customer",
    ),
    "check_documents": (
        "Die Belegauskunft zeigt jede Position, wie cobra sie hat",
        "The document enquiry shows every position as cobra has it",
    ),
    "check_bought": (
        "Wer welchen Artikel seit Februar gekauft hat",
        "Who bought which article since February",
    ),
    "check_balance": ("{year}: jeder Beleg geht auf", "{year}: every document balances"),
    "check_extra": (
        "{year}: nichts doppelt oder fremd",
        "{year}: nothing double, nothing unknown",
    ),
    "check_ledger": (
        "{year}: eine Zeile im Journal je Meldung",
        "{year}: one ledger row per entry",
    ),
    "check_open": (
        "Nichts offen ausser der doppelten Nummer",
        "Nothing open but the number that is there twice",
    ),
    "check_noticed": (
        "Jede Adresse und Rechnung hat eine Meldung",
        "Every address and invoice has an entry",
    ),
    "journal": ("Journal: cobra gegen Sage, CHF", "Journal: cobra against Sage, CHF"),
    "mandant": ("Mandant", "Mandant"),
    "vat": ("MWST", "VAT"),
    "net_cobra": ("netto cobra", "net cobra"),
    "net_sage": ("netto Sage", "net Sage"),
    "tax_cobra": ("Steuer cobra", "tax cobra"),
    "tax_sage": ("Steuer Sage", "tax Sage"),
    "differs": ("Unterschied {number}: {reason}", "Difference {number}: {reason}"),
    "proved": (
        "Nichts verloren, doppelt, veraltet; auf den Rappen gleich ausser der doppelten Nummer.",
        "Nothing lost, double or stale; equal to the centime but for the number given twice.",
    ),
    "disproved": ("{count} Verstösse:", "{count} violations:"),
    "practice": (
        "In {folder}: cobra ({count} Adressen, {drafts} Rechnungsentwürfe), {years} Sage-Jahre.",
        "In {folder}: cobra ({count} addresses, {drafts} drafts of invoices), {years} Sage years.",
    ),
    "practice_next": (
        "Vom Relay ist darin noch nichts; relay.toml passt dazu.",
        "Nothing of the relay is in them yet; relay.toml fits them.",
    ),
    "printed_out": (
        "In cobra gedruckt: {numbers}",
        "Printed in cobra: {numbers}",
    ),
    "next": ("Und nun:", "What next:"),
}


def word(language: Language, name: str, **values: object) -> str:
    """Return a text with its values filled in."""
    german, english = WORDS[name]
    return (german if language == "de" else english).format(**values)
