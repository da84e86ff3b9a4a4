-- Alles von einem Kunden, mit Positionen. Unten den Schlüssel des Kunden in cobra eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < documents_of_customer.sql.
--
-- Everything of a customer, with positions. Enter the customer's key in cobra below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < documents_of_customer.sql.
DROP TABLE IF EXISTS temp.asked;
CREATE TEMP TABLE asked (customer TEXT);
INSERT INTO asked (customer)
VALUES (
    '4711' -- <- customer: Schlüssel des Kunden / the customer's key
);
SELECT *
FROM relay_v_belegposition
WHERE kunde_schlüssel = (SELECT customer FROM asked)
ORDER BY rechnungsdatum, rechnungsnummer, zeile;
