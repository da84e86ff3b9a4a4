-- Was mit einem Datensatz geschah: was in cobra geändert wurde, was gesendet wurde, was zurückkam, und
-- was jemand von Hand getan hat. Unten Art und Schlüssel eintragen (held.sql zeigt beide).
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < history.sql.
--
-- What happened to a record: what changed in cobra, what was sent, what came back, and what somebody
-- did by hand. Enter kind and key below (held.sql shows both).
-- Run it on cobra's file, for example with sqlite3 cobra.db < history.sql.
DROP TABLE IF EXISTS temp.asked;
CREATE TEMP TABLE asked (entity TEXT, key TEXT);
INSERT INTO asked (entity, key)
VALUES (
    'address', -- <- entity: Art / kind
    NULL -- <- key: Schlüssel in cobra / key in cobra: '4711'
);
SELECT *
FROM relay_v_history
WHERE entity = (SELECT entity FROM asked) AND entity_key = (SELECT key FROM asked)
ORDER BY at, position, entry;
