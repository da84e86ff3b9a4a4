-- Laufende Mahnungen, und Posten, die nicht gemahnt werden.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i reminders.sql).
--
-- Reminders that run, and items that are not reminded of.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i reminders.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_mahnung
ORDER BY mahnstufe DESC, kunde;
GO
