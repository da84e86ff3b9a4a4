-- Alles, was angehalten ist oder wartet, sofort noch einmal versuchen. Unten den Grund eintragen.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < retry_all.sql.
-- Ohne Grund und Namen, oder wenn nichts passt, geschieht nichts.
--
-- Try all that is held or waits again at once. Enter the reason below.
-- Run it on cobra's file, for example with sqlite3 cobra.db < retry_all.sql.
-- Without reason and name, or if nothing matches, nothing is done.
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS temp.asked;
DROP TABLE IF EXISTS temp.done;
CREATE TEMP TABLE asked (
    reason TEXT NOT NULL CHECK (trim(reason) <> ''),
    who TEXT NOT NULL CHECK (trim(who) <> '')
);
INSERT INTO asked (reason, who)
VALUES (
    '', -- <- reason: Grund / reason
    '' -- <- who: Ihr Name / your name
);
CREATE TEMP TABLE done AS
SELECT o.id AS entry, o.entity, o.entity_key
FROM asked AS a
JOIN relay_outbox AS o ON o.status IN ('held', 'waiting');
UPDATE relay_outbox
SET status = 'pending', next_attempt_at = NULL, waiting_on = NULL, finished_at = NULL
WHERE id IN (SELECT entry FROM done);
INSERT INTO relay_audit (who, action, subject, reason, detail)
SELECT a.who, 'release', '{}', a.reason, (
    SELECT json_group_array(r.record)
    FROM (SELECT DISTINCT d.entity || ' ' || d.entity_key AS record FROM done AS d) AS r
)
FROM asked AS a
WHERE EXISTS (SELECT 1 FROM done);
COMMIT;
SELECT entity, entity_key, COUNT(*) AS entries, MAX(entry) AS entry FROM done GROUP BY entity, entity_key;
