-- Queues each record afresh: it is read, compared and carried out, whatever became of its entries; one that is named with its kind needs none. Parameters: reason, entry, key, code, since, until, all.
-- Meets the outbox as relay/cobra/access.py says: RESENT.
CREATE PROCEDURE relay.resend
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
        entry bigint, -- of a record without any: NULL
        entity nvarchar(20) COLLATE Latin1_General_100_BIN2 NOT NULL,
        entity_key nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL
    );
    BEGIN TRANSACTION;
    INSERT INTO #done (entry, entity, entity_key)
    SELECT MAX(o.id), o.entity, o.entity_key
    FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
    WHERE EXISTS (SELECT 1 FROM relay.chosen(
        o.id, o.entity, o.entity_key, o.error_code, o.created_at, @entry, @key, @code, @since, @until
    ) AS c)
    GROUP BY o.entity, o.entity_key
    OPTION (RECOMPILE); -- a plan for one entry is no plan for all
    -- Named with its kind, and by nothing else: it may have been saved while there were no triggers.
    INSERT INTO #done (entry, entity, entity_key)
    SELECT NULL, k.entity, SUBSTRING(@key, LEN(k.entity) + 2, 500)
    FROM (SELECT N'address' AS entity UNION ALL SELECT N'invoice') AS k
    WHERE @key COLLATE Latin1_General_100_BIN2 LIKE k.entity + N':_%'
        AND @entry IS NULL AND @code IS NULL AND @since IS NULL AND @until IS NULL
        AND NOT EXISTS (
            SELECT 1
            FROM #done AS d
            WHERE d.entity = k.entity COLLATE Latin1_General_100_BIN2
                AND d.entity_key = SUBSTRING(@key, LEN(k.entity) + 2, 500) COLLATE Latin1_General_100_BIN2
        );
    INSERT INTO relay.outbox (entity, entity_key, operation, cause, created_by)
    SELECT d.entity, d.entity_key, N'snapshot', N'resend', ORIGINAL_LOGIN()
    FROM #done AS d;
    UPDATE relay.decision -- a skip does not bind any more
    SET decision = N'resend', reason = @reason, decided_by = ORIGINAL_LOGIN(), decided_at = SYSUTCDATETIME()
    WHERE entity = N'invoice' AND topic = N'transfer'
        AND entity_key IN (SELECT d.entity_key FROM #done AS d WHERE d.entity = N'invoice');
    EXEC relay.note_action N'resend', @reason, @entry, @key, @code, @since, @until;
    COMMIT TRANSACTION;
END
