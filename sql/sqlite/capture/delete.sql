-- Capture trigger for deleted rows. Placeholders: trigger, table, entity, old_key, deleted, deleted_changed.
CREATE TRIGGER $trigger AFTER DELETE ON $table
WHEN NOT EXISTS (SELECT 1 FROM relay_own_write) -- else it is the relay's own write
BEGIN
    -- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
    INSERT INTO relay_outbox (entity, entity_key, operation, changed)
    SELECT $entity, $old_key, $deleted, $deleted_changed
    WHERE $old_key IS NOT NULL;
END
