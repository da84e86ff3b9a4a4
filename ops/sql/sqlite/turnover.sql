-- Umsatz je Kunde, dieses und letztes Jahr, die grössten zuerst. Nach Artikeln: v_umsatz_artikel, nach
-- Kostenstellen: v_umsatz_kostenstelle.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < turnover.sql.
--
-- Turnover of each customer, this year and last, the largest first. By article: v_umsatz_artikel, by cost
-- centre: v_umsatz_kostenstelle.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < turnover.sql.
SELECT *
FROM relay_v_umsatz
ORDER BY dieses_jahr DESC;
