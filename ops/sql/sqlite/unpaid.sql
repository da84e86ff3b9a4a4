-- Was in Sage nicht bezahlt ist, das am längsten Überfällige zuerst.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < unpaid.sql.
--
-- What is not paid in Sage, the longest overdue first.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < unpaid.sql.
SELECT *
FROM relay_v_unbezahlt
ORDER BY tage_überfällig DESC, kunde;
