-- Was Sage an einer Adresse anders hat, als es gesendet wurde: Jemand hat es dort geändert.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i differences.sql).
--
-- What Sage has of an address otherwise than it was sent: somebody changed it there.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i differences.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_abweichung
ORDER BY kunde, feld;
GO
