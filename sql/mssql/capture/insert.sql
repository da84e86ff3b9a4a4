-- Capture trigger for inserted rows. Placeholders: trigger, table, entity, new_key, inserted, inserted_changed, created_by.
CREATE TRIGGER $trigger ON $table AFTER INSERT AS
-- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
BEGIN
    SET NOCOUNT ON;
    SET ROWCOUNT 0; -- the caller's limit would cut the notices off as well
    IF NOT EXISTS (SELECT * FROM inserted) RETURN;
    IF SESSION_CONTEXT(N'relay_own') IS NOT NULL RETURN; -- the relay's own write
    INSERT INTO relay.outbox (entity, entity_key, operation, changed, created_by)
    SELECT $entity, $new_key, $inserted, $inserted_changed, $created_by
    FROM inserted AS i
    WHERE $new_key IS NOT NULL;
END
