-- Welche Kunden haben einen Artikel seit einem Tag nicht gekauft? Unten beides eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i not_bought.sql).
--
-- Which customers have not bought an article since a day? Enter both below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i not_bought.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @article nvarchar(50) = N'KÄSE-1'; -- <- Artikel / article
DECLARE @since date = '2026-05-01'; -- <- ab / from
SELECT k.*
FROM relay.v_kunde AS k
WHERE NOT EXISTS (
    SELECT 1
    FROM relay.v_gekauft AS g
    WHERE g.kunde_schlüssel = k.kunde_schlüssel AND g.artikel = @article AND g.rechnungsdatum >= @since
)
ORDER BY k.kunde;
GO
