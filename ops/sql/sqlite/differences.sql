-- Was Sage an einer Adresse anders hat, als es gesendet wurde: Jemand hat es dort geändert.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < differences.sql.
--
-- What Sage has of an address otherwise than it was sent: somebody changed it there.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < differences.sql.
SELECT *
FROM relay_v_abweichung
ORDER BY kunde, feld;
