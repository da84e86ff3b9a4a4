-- Wer hat einen Artikel gekauft, seit einem Tag? Unten Artikel und Tage eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < bought.sql.
--
-- Who bought an article, since a day? Enter article and days below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it on cobra's file, for example with sqlite3 cobra.db < bought.sql.
DROP TABLE IF EXISTS temp.asked;
CREATE TEMP TABLE asked (article TEXT, since TEXT, until TEXT);
INSERT INTO asked (article, since, until)
VALUES (
    'KÄSE-1', -- <- article: Artikel / article
    '2026-05-01', -- <- since: ab / from
    '2026-12-31' -- <- until: bis und mit / up to
);
SELECT kunde_schlüssel, kunde, adressnummer, plz, ort, COUNT(*) AS käufe, SUM(menge) AS menge, SUM(netto) AS netto
FROM relay_v_gekauft
WHERE artikel = (SELECT article FROM asked) AND rechnungsdatum BETWEEN (SELECT since FROM asked) AND (SELECT until FROM asked)
GROUP BY kunde_schlüssel, kunde, adressnummer, plz, ort
ORDER BY kunde;
