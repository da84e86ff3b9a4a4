-- Capture trigger for updated rows. Placeholders: trigger, table, entity, new_key, old_key, inserted, inserted_changed, deleted, deleted_changed, same_record, changed, created_by.
CREATE TRIGGER $trigger ON $table AFTER UPDATE AS
-- Belongs to the cobra-Sage relay: it notes which records changed. "relay triggers drop" removes it.
BEGIN
    SET NOCOUNT ON;
    SET ROWCOUNT 0; -- the caller's limit would cut the notices off as well
    DECLARE @rows int = (SELECT COUNT(*) FROM (SELECT TOP (2) 1 AS one FROM inserted) AS n);
    IF @rows = 0 RETURN;
    IF SESSION_CONTEXT(N'relay_own') IS NOT NULL RETURN; -- the relay's own write
    IF @rows > 1 OR NOT EXISTS (SELECT * FROM inserted AS i CROSS JOIN deleted AS d WHERE $same_record)
        INSERT INTO relay.outbox (entity, entity_key, operation, changed, created_by)
        SELECT
            $entity,
            COALESCE(n.new_key, n.old_key),
            CASE WHEN n.old_key IS NULL THEN $inserted WHEN n.new_key IS NULL THEN $deleted ELSE N'update' END,
            CASE WHEN n.old_key IS NULL THEN $inserted_changed WHEN n.new_key IS NULL THEN $deleted_changed ELSE n.changed END,
            n.created_by
        FROM (
            SELECT
                $new_key AS new_key,
                $old_key AS old_key,
                SUBSTRING(
                    $changed,
                    2, 4000
                ) AS changed,
                $created_by AS created_by
            FROM inserted AS i
            FULL JOIN deleted AS d ON $same_record -- a changed key: one row without d, one without i
        ) AS n
        WHERE COALESCE(n.new_key, n.old_key) IS NOT NULL
            AND (n.old_key IS NULL OR n.new_key IS NULL OR n.changed <> N'')
        OPTION (HASH JOIN); -- a plan cached for one row must not compare 50,000 with 50,000
    ELSE
        INSERT INTO relay.outbox (entity, entity_key, operation, changed, created_by)
        SELECT $entity, n.new_key, N'update', n.changed, n.created_by
        FROM (
            SELECT
                $new_key AS new_key,
                SUBSTRING(
                    $changed,
                    2, 4000
                ) AS changed,
                $created_by AS created_by
            FROM inserted AS i
            CROSS JOIN deleted AS d
        ) AS n
        WHERE n.new_key IS NOT NULL AND n.changed <> N'';
END
