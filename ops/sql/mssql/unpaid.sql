-- Was in Sage nicht bezahlt ist, das am längsten Überfällige zuerst.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i unpaid.sql).
--
-- What is not paid in Sage, the longest overdue first.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i unpaid.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_unbezahlt
ORDER BY tage_überfällig DESC, kunde;
GO
