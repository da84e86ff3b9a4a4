-- Einen angehaltenen oder wartenden Eintrag nicht übertragen; er steht auch für die älteren seines
-- Datensatzes. Einer Adresse nächste Änderung in cobra geht wieder; eine Rechnung bleibt übersprungen, bis sie
-- mit resend.sql wieder aufgenommen wird. Unten Nummer (held.sql, Spalte entry) und Grund eintragen.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < skip.sql.
-- Ohne Grund und Namen, oder wenn nichts passt, geschieht nichts.
--
-- Do not transfer a held or waiting entry; it stands for the older ones of its record too. An address's
-- next change in cobra goes over again; an invoice stays skipped until resend.sql takes it up again. Enter its number (held.sql, column entry) and the reason below.
-- Run it on cobra's file, for example with sqlite3 cobra.db < skip.sql.
-- Without reason and name, or if nothing matches, nothing is done.
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS temp.asked;
DROP TABLE IF EXISTS temp.done;
CREATE TEMP TABLE asked (
    entry INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (trim(reason) <> ''),
    who TEXT NOT NULL CHECK (trim(who) <> '')
);
INSERT INTO asked (entry, reason, who)
VALUES (
    NULL, -- <- entry: Nummer des Eintrags / number of the entry
    '', -- <- reason: Grund / reason
    '' -- <- who: Ihr Name / your name
);
CREATE TEMP TABLE done AS
SELECT o.id AS entry, o.entity, o.entity_key
FROM asked AS a
JOIN relay_outbox AS e ON e.id = a.entry
JOIN relay_outbox AS o ON o.entity = e.entity AND o.entity_key = e.entity_key AND o.id <= e.id
WHERE o.status IN ('held', 'waiting');
UPDATE relay_outbox
SET status = 'skipped', next_attempt_at = NULL, waiting_on = NULL, reason = (SELECT reason FROM asked),
    finished_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
WHERE id IN (SELECT entry FROM done);
UPDATE relay_delivery
SET status = 'skipped', updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
WHERE outbox_id IN (SELECT entry FROM done) AND status IN ('pending', 'retrying', 'waiting', 'held');
INSERT INTO relay_decision (entity, entity_key, topic, decision, reason, decided_by)
SELECT DISTINCT d.entity, d.entity_key, 'transfer', 'skip', a.reason, a.who
FROM done AS d
CROSS JOIN asked AS a
WHERE d.entity = 'invoice'
ON CONFLICT (entity, entity_key, topic) DO UPDATE
SET decision = excluded.decision, reason = excluded.reason, decided_by = excluded.decided_by,
    decided_at = strftime('%Y-%m-%d %H:%M:%f', 'now');
UPDATE relay_outbox
SET status = 'pending', next_attempt_at = NULL
WHERE status = 'waiting' AND waiting_on IN (SELECT entity || ':' || entity_key FROM done);
INSERT INTO relay_audit (who, action, subject, reason, detail)
SELECT a.who, 'skip', json_object('entry', a.entry), a.reason, (
    SELECT json_group_array(r.record)
    FROM (SELECT DISTINCT d.entity || ' ' || d.entity_key AS record FROM done AS d) AS r
)
FROM asked AS a
WHERE EXISTS (SELECT 1 FROM done);
COMMIT;
SELECT entity, entity_key, COUNT(*) AS entries, MAX(entry) AS entry FROM done GROUP BY entity, entity_key;
