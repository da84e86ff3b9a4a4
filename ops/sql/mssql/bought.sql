-- Wer hat einen Artikel gekauft, seit einem Tag? Unten Artikel und Tage eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i bought.sql).
--
-- Who bought an article, since a day? Enter article and days below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i bought.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @article nvarchar(50) = N'KÄSE-1'; -- <- Artikel / article
DECLARE @since date = '2026-05-01'; -- <- ab / from
DECLARE @until date = '2026-12-31'; -- <- bis und mit / up to
SELECT kunde_schlüssel, kunde, adressnummer, plz, ort, COUNT(*) AS käufe, SUM(menge) AS menge, SUM(netto) AS netto
FROM relay.v_gekauft
WHERE artikel = @article AND rechnungsdatum BETWEEN @since AND @until
GROUP BY kunde_schlüssel, kunde, adressnummer, plz, ort
ORDER BY kunde;
GO
