-- Welche Belege sind noch nicht in Sage, und warum? in_sage = 1 heisst: Sage hat einen älteren Stand.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i not_in_sage.sql).
--
-- Which documents are not in Sage yet, and why? in_sage = 1 means that Sage has an older state.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i not_in_sage.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_nicht_in_sage
ORDER BY rechnungsdatum, rechnungsnummer;
GO
