-- Ein angehaltenes Sage-Jahr fortsetzen; was darauf wartet, geht von selbst. Unten das Jahr (status.sql,
-- Spalte scope; * für alle) und den Grund eintragen.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < resume.sql.
-- Ohne Grund und Namen, oder wenn nichts passt, geschieht nichts.
--
-- Go on with a paused Sage year; what waits for it goes by itself. Enter the year (status.sql, column
-- scope; * for all) and the reason below.
-- Run it on cobra's file, for example with sqlite3 cobra.db < resume.sql.
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
WHERE a.year IN (SELECT scope FROM relay_paused);
DELETE FROM relay_paused WHERE scope IN (SELECT scope FROM done);
INSERT INTO relay_audit (who, action, subject, reason, detail)
SELECT who, 'resume', scope, reason, '[]' FROM done;
COMMIT;
SELECT scope, reason, created_by, created_at FROM relay_paused ORDER BY scope;
