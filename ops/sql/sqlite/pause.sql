-- In ein Sage-Jahr nichts schreiben, bis resume.sql es fortsetzt. Unten das Jahr (status.sql, Spalte scope;
-- * für alle) und den Grund eintragen.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < pause.sql.
-- Ohne Grund und Namen, oder wenn nichts passt, geschieht nichts.
--
-- Write nothing to a Sage year until resume.sql. Enter the year (status.sql, column scope; * for all)
-- and the reason below.
-- Run it on cobra's file, for example with sqlite3 cobra.db < pause.sql.
-- Without reason and name, or if nothing matches, nothing is done.
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS temp.asked;
DROP TABLE IF EXISTS temp.done;
CREATE TEMP TABLE asked (
    year TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (trim(reason) <> ''),
    who TEXT NOT NULL CHECK (trim(who) <> '')
);
INSERT INTO asked (year, reason, who)
VALUES (
    NULL, -- <- year: Jahr oder * / year or *: 'MUSTER2026'
    '', -- <- reason: Grund / reason
    '' -- <- who: Ihr Name / your name
);
CREATE TEMP TABLE done AS
SELECT a.year AS scope, a.reason, a.who
FROM asked AS a
WHERE (a.year = '*' OR a.year IN (SELECT name FROM relay_year))
    AND a.year NOT IN (SELECT scope FROM relay_paused);
INSERT INTO relay_paused (scope, reason, created_by)
SELECT scope, reason, who FROM done;
INSERT INTO relay_audit (who, action, subject, reason, detail)
SELECT who, 'pause', scope, reason, '[]' FROM done;
COMMIT;
SELECT scope, reason, created_by, created_at FROM relay_paused ORDER BY scope;
