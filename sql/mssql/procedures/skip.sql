-- Ends held and waiting entries without carrying them out; what waited for their records goes on. Parameters: reason, entry, key, code, since, until, all.
-- Meets the outbox as relay/cobra/access.py says: STUCK, WRITTEN.
CREATE PROCEDURE relay.skip
    @reason nvarchar(max), -- a shorter one would be cut unseen
    @entry bigint = NULL,
    @key nvarchar(500) = NULL,
    @code nvarchar(50) = NULL,
    @since datetime2(3) = NULL,
    @until datetime2(3) = NULL,
    @all bit = 0
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET ROWCOUNT 0; -- the session's limit would cut off what is done
    IF COALESCE(LTRIM(@reason), N'') = N''
        THROW 50001, N'Ohne Grund geschieht nichts: bitte @reason = N''…'' angeben. / Nothing is done without a reason: please give @reason = N''…''.', 1;
    IF LEN(@reason COLLATE Latin1_General_100_BIN2) > 1000
        THROW 50007, N'Der Grund ist zu lang: höchstens 1000 Zeichen, bitte kürzen. / The reason is too long: 1000 characters at most, please shorten it.', 1;
    IF COALESCE(@all, 0) = 0 AND @entry IS NULL AND @key IS NULL AND @code IS NULL AND @since IS NULL AND @until IS NULL
        THROW 50002, N'Welche Einträge? Bitte @entry, @key, @code, @since, @until oder @all = 1 angeben. / Which entries? Please give @entry, @key, @code, @since, @until or @all = 1.', 1;

    CREATE TABLE #done (
        entry bigint NOT NULL PRIMARY KEY,
        entity nvarchar(20) COLLATE Latin1_General_100_BIN2 NOT NULL,
        entity_key nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL
    );
    BEGIN TRANSACTION;
    -- One statement finds and changes them, so that nobody comes between.
    UPDATE relay.outbox WITH (READCOMMITTEDLOCK, READPAST)
    SET status = N'skipped', next_attempt_at = NULL, waiting_on = NULL, reason = @reason,
        finished_at = SYSUTCDATETIME()
    OUTPUT inserted.id, inserted.entity, inserted.entity_key INTO #done (entry, entity, entity_key)
    WHERE id IN (
        SELECT o.id
        FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
        WHERE o.status IN (N'held', N'waiting')
            AND EXISTS (SELECT 1 FROM relay.chosen(
                o.id, o.entity, o.entity_key, o.error_code, o.created_at, @entry, @key, @code, @since, @until
            ) AS c)
    )
    OPTION (RECOMPILE); -- a plan for one entry is no plan for all
    UPDATE relay.delivery
    SET status = N'skipped', updated_at = SYSUTCDATETIME()
    WHERE outbox_id IN (SELECT d.entry FROM #done AS d)
        AND status IN (N'pending', N'retrying', N'waiting', N'held');
    -- An invoice is left alone from now on, until it is resent: its newest decision counts.
    UPDATE relay.decision
    SET decision = N'skip', reason = @reason, decided_by = ORIGINAL_LOGIN(), decided_at = SYSUTCDATETIME()
    WHERE entity = N'invoice' AND topic = N'transfer'
        AND entity_key IN (SELECT d.entity_key FROM #done AS d WHERE d.entity = N'invoice');
    INSERT INTO relay.decision (entity, entity_key, topic, decision, reason)
    SELECT DISTINCT N'invoice', d.entity_key, N'transfer', N'skip', @reason
    FROM #done AS d
    WHERE d.entity = N'invoice'
        AND NOT EXISTS (
            SELECT 1
            FROM relay.decision AS k
            WHERE k.entity = N'invoice' AND k.topic = N'transfer' AND k.entity_key = d.entity_key
        );
    UPDATE w
    SET status = N'pending', next_attempt_at = NULL
    FROM relay.outbox AS w WITH (READCOMMITTEDLOCK, READPAST)
    WHERE w.id IN (
        SELECT o.id
        FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
        WHERE o.status IN (N'waiting', N'held')
            AND o.waiting_on COLLATE Latin1_General_100_BIN2 IN (SELECT d.entity + N':' + d.entity_key FROM #done AS d)
    );
    EXEC relay.note_action N'skip', @reason, @entry, @key, @code, @since, @until;
    COMMIT TRANSACTION;
END
