-- Welche Belege sind noch nicht in Sage, und warum? in_sage = 1 heisst: Sage hat einen älteren Stand.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < not_in_sage.sql.
--
-- Which documents are not in Sage yet, and why? in_sage = 1 means that Sage has an older state.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < not_in_sage.sql.
SELECT *
FROM relay_v_nicht_in_sage
ORDER BY rechnungsdatum, rechnungsnummer;
