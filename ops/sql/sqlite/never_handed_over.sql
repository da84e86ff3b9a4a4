-- Welche Adressen waren nie in Sage, und was wurde zuletzt über sie gesagt?
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < never_handed_over.sql.
--
-- Which addresses were never in Sage, and what was last said of them?
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < never_handed_over.sql.
SELECT *
FROM relay_v_adresse_nie_in_sage
ORDER BY kunde;
