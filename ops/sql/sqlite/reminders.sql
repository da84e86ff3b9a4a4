-- Laufende Mahnungen, und Posten, die nicht gemahnt werden.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < reminders.sql.
--
-- Reminders that run, and items that are not reminded of.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < reminders.sql.
SELECT *
FROM relay_v_mahnung
ORDER BY mahnstufe DESC, kunde;
