-- Wie jeder Kunde in Sage dasteht: Saldo, Überfälliges, Limite, Mahnsperre; das meiste Überfällige zuerst.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < customers.sql.
--
-- How each customer stands in Sage: balance, overdue, limit, reminder lock; the most overdue first.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < customers.sql.
SELECT *
FROM relay_v_kunde
ORDER BY überfällig DESC, kunde;
