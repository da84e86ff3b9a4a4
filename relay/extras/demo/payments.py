"""Knows what the demo's bookkeeper enters in Sage itself: payments, a reminder, a lock."""

from __future__ import annotations

from datetime import date

from relay.extras.demo.company import Company

YEAR, DAY = "MUSTER2026", date(2026, 4, 20)
BANK = "1020"
OWN = 900_001
"""The first document of Sage's own; the relay's are below it."""

_PAY = (
    "INSERT OR IGNORE INTO Acc (AccId) VALUES (:bank)",
    "INSERT INTO Blg (BlgNr, Date) VALUES (:document, :day)",
    """INSERT INTO Bk (BlgNr, BkIdx, AccId, CAcc, Type, ValNt, Text, Date)
        SELECT :document, 1, :bank, p.AccId, 0, printf('%.2f', MVal / :parts), 'Zahlung', :day
        FROM OPd AS o JOIN PKd AS p ON p.PkKey = o.PkKey WHERE OpId = :number""",
    """INSERT INTO Bk (BlgNr, BkIdx, AccId, CAcc, Type, ValNt, Text, Date, OpId, PkKey)
        SELECT b.BlgNr, 2, b.CAcc, b.AccId, 1, b.ValNt, b.Text, b.Date, o.OpId, o.PkKey
        FROM Bk AS b JOIN OPd AS o ON o.OpId = :number WHERE b.BlgNr = :document""",
    """UPDATE Acc SET MDbt = printf('%.2f', MDbt + b.ValNt) FROM Bk AS b
        WHERE b.BlgNr = :document AND b.Type = 0 AND Acc.AccId = b.AccId""",
    """UPDATE Acc SET MCdt = printf('%.2f', MCdt + b.ValNt) FROM Bk AS b
        WHERE b.BlgNr = :document AND b.Type = 1 AND Acc.AccId = b.AccId""",
    """UPDATE OPd SET MCdt = printf('%.2f', MCdt + b.ValNt), DateP = :day FROM Bk AS b
        WHERE b.BlgNr = :document AND b.OpId = OPd.OpId""",
    """UPDATE PKd SET MCdt = printf('%.2f', MCdt + b.ValNt), NOp = NOp - (:parts = 1) FROM Bk AS b
        WHERE b.BlgNr = :document AND b.PkKey = PKd.PkKey""",
)


def pay(company: Company, number: str, document: int, *, parts: int = 1) -> None:
    """Post a payment of an item, or of one of so many parts of it, with all of Sage's totals."""
    values = {"number": number, "document": document, "bank": BANK, "day": str(DAY)}
    with company.writing(company.year(YEAR)) as sage:
        for statement in _PAY:
            sage.execute(statement, values | {"parts": parts})


def remind(company: Company, number: str) -> None:
    """Send a second reminder for an item."""
    with company.writing(company.year(YEAR)) as sage:
        values = {"number": number, "day": str(DAY)}
        sage.execute("UPDATE OPd SET Warn = 2, DateW = :day WHERE OpId = :number", values)


def lock_reminders(company: Company, number: str) -> None:
    """Let the debtor of an item get no reminders."""
    with company.writing(company.year(YEAR)) as sage:
        sage.execute(
            "UPDATE PKd SET WrnLk = 1 WHERE PkKey = (SELECT PkKey FROM OPd WHERE OpId = :number)",
            {"number": number},
        )
