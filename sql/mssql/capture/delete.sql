-- Capture trigger for deleted rows. Placeholders: trigger, table, entity, old_key, deleted, deleted_changed.
CREATE TRIGGER $trigger ON $table AFTER DELETE AS
-- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
BEGIN
    SET NOCOUNT ON;
    SET ROWCOUNT 0; -- the caller's limit would cut the notices off as well
    IF NOT EXISTS (SELECT * FROM deleted) RETURN;
    IF SESSION_CONTEXT(N'relay_own') IS NOT NULL RETURN; -- the relay's own write
    INSERT INTO relay.outbox (entity, entity_key, operation, changed, created_by)
    SELECT $entity, $old_key, $deleted, $deleted_changed, ORIGINAL_LOGIN()
    FROM deleted AS d
    WHERE $old_key IS NOT NULL;
END
