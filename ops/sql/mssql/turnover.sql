-- Umsatz je Kunde, dieses und letztes Jahr, die grössten zuerst. Nach Artikeln: v_umsatz_artikel, nach
-- Kostenstellen: v_umsatz_kostenstelle.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i turnover.sql).
--
-- Turnover of each customer, this year and last, the largest first. By article: v_umsatz_artikel, by cost
-- centre: v_umsatz_kostenstelle.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i turnover.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_umsatz
ORDER BY dieses_jahr DESC;
GO
