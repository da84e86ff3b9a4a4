-- Capture trigger for updated rows. Placeholders: trigger, table, entity, new_key, old_key, inserted, inserted_changed, deleted, deleted_changed, same_record, changed, created_by.
CREATE TRIGGER $trigger AFTER UPDATE ON $table
WHEN NOT EXISTS (SELECT 1 FROM relay_own_write) -- else it is the relay's own write
BEGIN
    -- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
    INSERT INTO relay_outbox (entity, entity_key, operation, changed)
    SELECT $entity, $old_key, $deleted, $deleted_changed
    WHERE NOT ($same_record) AND $old_key IS NOT NULL;
    INSERT INTO relay_outbox (entity, entity_key, operation, changed, created_by)
    SELECT $entity, $new_key, $inserted, $inserted_changed, $created_by
    WHERE NOT ($same_record) AND $new_key IS NOT NULL;
    INSERT INTO relay_outbox (entity, entity_key, operation, changed, created_by)
    SELECT $entity, $new_key, 'update', n.changed, $created_by
    FROM (
        SELECT
            SUBSTR(
                $changed,
                2
            ) AS changed
        LIMIT 1 -- else SQLite spells it out once more in the condition
    ) AS n
    WHERE $same_record AND $new_key IS NOT NULL AND n.changed <> '';
END
