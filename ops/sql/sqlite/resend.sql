-- Einen Datensatz neu mit Sage vergleichen und übertragen, was fehlt, auch wenn er schon erledigt ist.
-- Unten seinen Schlüssel in cobra und den Grund eintragen; mit der Art davor (invoice:4711) auch von einer Rechnung,
-- die ohne Trigger gespeichert wurde und noch keinen Eintrag hat.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < resend.sql.
-- Ohne Grund und Namen, oder wenn nichts passt, geschieht nichts.
--
-- Compare a record with Sage afresh and transfer what is missing, also if it is finished already.
-- Enter its key in cobra and the reason below; with its kind (invoice:4711) also of an invoice that was saved
-- without triggers and has no entry yet.
-- Run it on cobra's file, for example with sqlite3 cobra.db < resend.sql.
-- Without reason and name, or if nothing matches, nothing is done.
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS temp.asked;
DROP TABLE IF EXISTS temp.done;
CREATE TEMP TABLE asked (
    key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (trim(reason) <> ''),
    who TEXT NOT NULL CHECK (trim(who) <> '')
);
INSERT INTO asked (key, reason, who)
VALUES (
    NULL, -- <- key: Schlüssel in cobra / key in cobra: '4711'
    '', -- <- reason: Grund / reason
    '' -- <- who: Ihr Name / your name
);
CREATE TEMP TABLE done AS
SELECT MAX(o.id) AS entry, o.entity, o.entity_key
FROM asked AS a
JOIN relay_outbox AS o ON (o.entity IN ('address', 'invoice') AND o.entity_key = a.key)
    OR (o.entity = substr(a.key, 1, instr(a.key || ':', ':') - 1) AND o.entity_key = substr(a.key, instr(a.key, ':') + 1))
GROUP BY o.entity, o.entity_key
UNION ALL
SELECT NULL, k.entity, substr(a.key, length(k.entity) + 2)
FROM asked AS a
JOIN (SELECT 'address' AS entity UNION ALL SELECT 'invoice') AS k ON a.key GLOB k.entity || ':?*'
WHERE NOT EXISTS (
    SELECT 1 FROM relay_outbox AS o WHERE o.entity = k.entity AND o.entity_key = substr(a.key, length(k.entity) + 2)
);
INSERT INTO relay_outbox (entity, entity_key, operation, cause, created_by)
SELECT d.entity, d.entity_key, 'snapshot', 'resend', a.who
FROM done AS d
CROSS JOIN asked AS a;
UPDATE relay_decision
SET decision = 'resend', reason = (SELECT reason FROM asked), decided_by = (SELECT who FROM asked),
    decided_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
WHERE entity = 'invoice' AND topic = 'transfer'
    AND entity_key IN (SELECT entity_key FROM done WHERE entity = 'invoice');
INSERT INTO relay_audit (who, action, subject, reason, detail)
SELECT a.who, 'resend', json_object('key', a.key), a.reason, (
    SELECT json_group_array(r.record)
    FROM (SELECT DISTINCT d.entity || ' ' || d.entity_key AS record FROM done AS d) AS r
)
FROM asked AS a
WHERE EXISTS (SELECT 1 FROM done);
COMMIT;
SELECT entity, entity_key, COUNT(*) AS entries, MAX(entry) AS entry FROM done GROUP BY entity, entity_key;
