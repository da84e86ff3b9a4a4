-- Welche Kunden haben einen Artikel seit einem Tag nicht gekauft? Unten beides eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < not_bought.sql.
--
-- Which customers have not bought an article since a day? Enter both below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < not_bought.sql.
DROP TABLE IF EXISTS temp.asked;
CREATE TEMP TABLE asked (article TEXT, since TEXT);
INSERT INTO asked (article, since)
VALUES (
    'KÄSE-1', -- <- article: Artikel / article
    '2026-05-01' -- <- since: ab / from
);
SELECT k.*
FROM relay_v_kunde AS k
WHERE NOT EXISTS (
    SELECT 1
    FROM relay_v_gekauft AS g
    WHERE g.kunde_schlüssel = k.kunde_schlüssel AND g.artikel = (SELECT article FROM asked) AND g.rechnungsdatum >= (SELECT since FROM asked)
)
ORDER BY k.kunde;
