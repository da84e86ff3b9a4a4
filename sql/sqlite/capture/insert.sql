-- Capture trigger for inserted rows. Placeholders: trigger, table, entity, new_key, inserted, inserted_changed, created_by.
CREATE TRIGGER $trigger AFTER INSERT ON $table
WHEN NOT EXISTS (SELECT 1 FROM relay_own_write) -- else it is the relay's own write
BEGIN
    -- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
    INSERT INTO relay_outbox (entity, entity_key, operation, changed, created_by)
    SELECT $entity, $new_key, $inserted, $inserted_changed, $created_by
    WHERE $new_key IS NOT NULL;
END
