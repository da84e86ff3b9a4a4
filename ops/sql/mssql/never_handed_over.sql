-- Welche Adressen waren nie in Sage, und was wurde zuletzt über sie gesagt?
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i never_handed_over.sql).
--
-- Which addresses were never in Sage, and what was last said of them?
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i never_handed_over.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_adresse_nie_in_sage
ORDER BY kunde;
GO
