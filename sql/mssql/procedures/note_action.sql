-- Audits what another procedure did to the entries in its table #done, and returns their records. Parameters: action, reason, entry, key, code, since, until.
CREATE PROCEDURE relay.note_action
    @action nvarchar(50),
    @reason nvarchar(1000),
    @entry bigint,
    @key nvarchar(500),
    @code nvarchar(50),
    @since datetime2(3),
    @until datetime2(3)
AS
BEGIN
    SET NOCOUNT ON;
    IF NOT EXISTS (SELECT 1 FROM #done)
        THROW 50003, N'Nichts geändert: Kein Eintrag passt. Was offen ist, zeigt SELECT * FROM relay.v_open; nur angehaltene und wartende lassen sich freigeben oder überspringen, und was das Relay gerade bearbeitet, erst danach. / Nothing changed: no entry matches. SELECT * FROM relay.v_open shows what is open; only held and waiting ones can be released or skipped, and what the relay is working at only afterwards.', 1;

    DECLARE @subject nvarchar(max) = (
        SELECT @entry AS [entry], @key AS [key], @code AS [code], @since AS [since], @until AS [until]
        FOR JSON PATH, WITHOUT_ARRAY_WRAPPER
    );
    -- Cut as the relay cuts; in BIN2 each half of an emoji counts, and none is left alone.
    IF LEN(@subject COLLATE Latin1_General_100_BIN2) > 500
        SET @subject = LEFT(
            @subject COLLATE Latin1_General_100_BIN2,
            499 - CASE
                WHEN UNICODE(SUBSTRING(@subject COLLATE Latin1_General_100_BIN2, 499, 1)) BETWEEN 55296 AND 56319 THEN 1
                ELSE 0
            END
        ) + N'…';
    -- A JSON list of the records, as the relay writes it: ["address 1","address 2"]. STRING_AGG came a
    -- version too late, and FOR XML refuses control characters; FOR JSON writes [{"r":"address 1"},{"r":…}],
    -- with blanks between on some servers. Inside a text each of its quotes has a backslash.
    DECLARE @records nvarchar(max) = (
        SELECT d.entity + N' ' + d.entity_key AS r
        FROM #done AS d
        GROUP BY d.entity, d.entity_key
        ORDER BY MIN(d.entry)
        FOR JSON PATH
    );
    SET @records = STUFF(@records, 1, CHARINDEX(N'"', @records, CHARINDEX(N':', @records)) - 1, N'[');
    SET @records = STUFF(@records, LEN(@records) - 1, 2, N']');
    SET @records = REPLACE(@records COLLATE Latin1_General_100_BIN2, N'"},{"r":"', N'","');
    SET @records = REPLACE(@records COLLATE Latin1_General_100_BIN2, N'"}, {"r": "', N'","');
    SET @records = REPLACE(@records COLLATE Latin1_General_100_BIN2, N'\/', N'/');
    INSERT INTO relay.audit (who, action, subject, reason, detail)
    VALUES (
        ORIGINAL_LOGIN(), @action, COALESCE(@subject, N'{}'), @reason, @records
    );

    SELECT d.entity, d.entity_key, COUNT(*) AS entries, MAX(d.entry) AS entry
    FROM #done AS d
    GROUP BY d.entity, d.entity_key
    ORDER BY MIN(d.entry);
END
