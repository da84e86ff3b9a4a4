-- Settles on a real SQL Server what no other server shows: `relay doctor --prove` runs this script in a
-- database that it makes and drops. The head of each point says what to see.
--
-- The command sets up the relay's own tables, views, procedures and triggers between the preparation and the
-- first point, and adds the points that need two sessions or the relay's own statements. By hand, in SSMS or
-- sqlcmd: in tempdb or in an empty database whose name begins with relay_prove_; there the points from "save"
-- on tell error 208, since the relay's tables are missing. The last point removes what the script has made.
--
-- Expected: in each row "seen" equals "expected", or one of several that "or" separates.
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET NOCOUNT ON;
GO
IF DB_NAME() NOT LIKE N'relay[_]prove[_]%' AND DB_NAME() <> N'tempdb'
BEGIN
    RAISERROR (N'Run this in tempdb or in a database whose name begins with "relay_prove_".', 16, 1);
    SET NOEXEC ON;
END;
GO
CREATE SCHEMA prove AUTHORIZATION dbo;
GO
CREATE TABLE prove.texts (
    id int NOT NULL CONSTRAINT pk_prove_texts PRIMARY KEY,
    word nvarchar(450) NOT NULL,
    entity_key nvarchar(450) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day date NULL
);
INSERT INTO prove.texts (id, word, entity_key) VALUES (1, N'1', N'1');
GO
-- What another vendor's trigger does: it counts, and has no SET NOCOUNT ON.
CREATE TABLE prove.counted (id int NOT NULL CONSTRAINT pk_prove_counted PRIMARY KEY, city nvarchar(40) NULL);
CREATE TABLE prove.beside (seen int NOT NULL);
INSERT INTO prove.counted (id) VALUES (1), (2), (3);
INSERT INTO prove.beside (seen) VALUES (0), (0), (0);
GO
CREATE TRIGGER prove.counting ON prove.counted AFTER UPDATE AS
UPDATE prove.beside SET seen = seen + 1;
GO
-- The captured table, with a column whose collation is not the database's.
CREATE TABLE prove.address (
    id int IDENTITY(1, 1) NOT NULL CONSTRAINT pk_prove_address PRIMARY KEY,
    number nvarchar(20) NULL,
    name nvarchar(60) COLLATE SQL_Latin1_General_CP1_CI_AI NULL,
    zip nvarchar(20) NULL,
    city nvarchar(40) NULL
);
INSERT INTO prove.address (name, city) VALUES (N'Muster', N'Chur'), (N'Meier', N'Olten'), (N'Rossi', N'Biasca');
GO
-- Runs a statement that sets @seen, and tells an error by its number.
CREATE PROCEDURE prove.see @point nvarchar(60), @expected nvarchar(200), @statement nvarchar(max) AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @seen nvarchar(max);
    BEGIN TRY
        EXEC sp_executesql @statement, N'@seen nvarchar(max) OUTPUT', @seen OUTPUT;
    END TRY
    BEGIN CATCH
        SET @seen = N'error ' + CONVERT(nvarchar(10), ERROR_NUMBER());
    END CATCH;
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    SELECT @point AS point, @expected AS expected, @seen AS seen;
END;
GO

-- point: two_columns | expected: error 468
EXEC prove.see N'two_columns', N'error 468',
    N'SELECT @seen = COUNT(*) FROM prove.texts AS t WHERE t.word = t.entity_key';
GO
-- point: two_columns_in_a_union | expected: error 451 or error 457
EXEC prove.see N'two_columns_in_a_union', N'error 451 or error 457',
    N'SELECT @seen = MIN(u.x) FROM (SELECT word AS x FROM prove.texts UNION ALL SELECT entity_key FROM prove.texts) AS u';
GO
-- point: list_beside_a_key | expected: 1 or error 468
-- Either will do: the relay names the collation, as the next point shows.
EXEC prove.see N'list_beside_a_key', N'1 or error 468', N'
DECLARE @k nvarchar(450) = N''1'', @v nvarchar(450) = N''1'';
UPDATE t SET word = l.c1 FROM prove.texts AS t, (VALUES (@k, @v)) AS l (c0, c1) WHERE t.entity_key = l.c0;
SET @seen = @@ROWCOUNT';
GO
-- point: list_with_a_collation | expected: 1
EXEC prove.see N'list_with_a_collation', N'1', N'
DECLARE @k nvarchar(450) = N''1'', @v nvarchar(450) = N''1'';
UPDATE t SET word = l.c1 FROM prove.texts AS t, (VALUES (@k, @v)) AS l (c0, c1)
WHERE t.entity_key = l.c0 COLLATE Latin1_General_100_BIN2;
SET @seen = @@ROWCOUNT';
GO
-- point: json_beside_a_key | expected: 1 or error 468
-- Either will do here as well.
EXEC prove.see N'json_beside_a_key', N'1 or error 468', N'
DECLARE @rows nvarchar(max) = N''[{"k": "1"}]'';
SELECT @seen = COUNT(*) FROM prove.texts AS t
JOIN OPENJSON(@rows) WITH (k nvarchar(450) ''$.k'') AS l ON t.entity_key = l.k';
GO
-- point: json_with_a_collation | expected: 1
EXEC prove.see N'json_with_a_collation', N'1', N'
DECLARE @rows nvarchar(max) = N''[{"k": "1"}]'';
SELECT @seen = COUNT(*) FROM prove.texts AS t
JOIN OPENJSON(@rows) WITH (k nvarchar(450) ''$.k'') AS l ON t.entity_key = l.k COLLATE Latin1_General_100_BIN2';
GO
-- point: json_types | expected: 9007199254740993 -12345.67 2026-06-15 0 nothing
EXEC prove.see N'json_types', N'9007199254740993 -12345.67 2026-06-15 0 nothing', N'
DECLARE @rows nvarchar(max) = N''[{"n": 9007199254740993, "d": "-12345.67", "t": "2026-06-15", "b": false}]'';
SELECT @seen = CONCAT(l.n, N'' '', l.d, N'' '', l.t, N'' '', l.b, N'' '', COALESCE(l.g, N''nothing''))
FROM OPENJSON(@rows) WITH (
    n bigint ''$.n'', d decimal(18, 2) ''$.d'', t date ''$.t'', b bit ''$.b'', g nvarchar(10) ''$.g''
) AS l';
GO
-- point: json_of_a_control_character | expected: {"k":"a\u0001"}
EXEC prove.see N'json_of_a_control_character', N'{"k":"a\u0001"}',
    N'SET @seen = (SELECT N''a'' + NCHAR(1) AS k FOR JSON PATH, WITHOUT_ARRAY_WRAPPER)';
GO
-- point: list_without_a_value | expected: error 206
EXEC prove.see N'list_without_a_value', N'error 206', N'
UPDATE t SET day = l.c1 FROM prove.texts AS t, (VALUES (1, NULL), (2, NULL)) AS l (c0, c1) WHERE t.id = l.c0;
SET @seen = @@ROWCOUNT';
GO
-- point: list_with_a_type | expected: 1
EXEC prove.see N'list_with_a_type', N'1', N'
UPDATE t SET day = l.c1 FROM prove.texts AS t, (VALUES (1, CAST(NULL AS date)), (2, NULL)) AS l (c0, c1)
WHERE t.id = l.c0;
SET @seen = @@ROWCOUNT';
GO
-- point: count_beside_a_trigger | expected: 2
EXEC prove.see N'count_beside_a_trigger', N'2',
    N'UPDATE prove.counted SET city = N''Thun'' WHERE id < 3; SET @seen = @@ROWCOUNT';
GO

-- From here on with the relay's own objects.
-- point: save | expected: 1
EXEC prove.see N'save', N'1', N'
DECLARE @before bigint = (SELECT COUNT_BIG(*) FROM relay.outbox);
UPDATE prove.address SET city = N''Thun'' WHERE id = 1;
SELECT @seen = COUNT_BIG(*) - @before FROM relay.outbox';
GO
-- point: identity | expected: kept
EXEC prove.see N'identity', N'kept', N'
INSERT INTO prove.address (name) VALUES (N''Weber'');
SET @seen = CASE WHEN @@IDENTITY = IDENT_CURRENT(N''prove.address'') THEN N''kept'' ELSE N''changed'' END';
GO
-- point: save_with_rowcount | expected: 2 changed, 2 noted
-- The trigger is compiled in the session with the limit: error 11739 would mean that nobody can save so.
EXEC prove.see N'save_with_rowcount', N'2 changed, 2 noted', N'
DECLARE @before bigint = (SELECT COUNT_BIG(*) FROM relay.outbox), @changed int;
EXEC sp_recompile N''prove.address'';
SET ROWCOUNT 2;
UPDATE prove.address SET city = N''Basel'';
SET @changed = @@ROWCOUNT;
SET ROWCOUNT 0;
SELECT @seen = CONCAT(@changed, N'' changed, '', COUNT_BIG(*) - @before, N'' noted'') FROM relay.outbox';
GO
-- point: save_with_output | expected: error 334
EXEC prove.see N'save_with_output', N'error 334', N'
INSERT INTO prove.address (name) OUTPUT inserted.id VALUES (N''Keller'');
SET @seen = @@ROWCOUNT';
GO
-- point: save_with_merge | expected: 3
EXEC prove.see N'save_with_merge', N'3', N'
DECLARE @before bigint = (SELECT COUNT_BIG(*) FROM relay.outbox);
INSERT INTO prove.address (name, zip) VALUES (N''Frei'', N''merge'');
SET @before = @before + 1;
MERGE INTO prove.address AS a USING (VALUES (1, N''Sion''), (0, N''Genf'')) AS l (id, city) ON a.id = l.id
WHEN MATCHED THEN UPDATE SET city = l.city
WHEN NOT MATCHED BY TARGET THEN INSERT (name, city) VALUES (N''Blanc'', l.city)
WHEN NOT MATCHED BY SOURCE AND a.zip = N''merge'' THEN DELETE;
SELECT @seen = COUNT_BIG(*) - @before FROM relay.outbox';
GO
-- point: save_with_options_off | expected: 1
SET QUOTED_IDENTIFIER OFF;
SET ANSI_NULLS OFF;
SET ANSI_PADDING OFF;
SET ANSI_WARNINGS OFF;
SET ARITHABORT OFF;
SET CONCAT_NULL_YIELDS_NULL OFF;
SET NUMERIC_ROUNDABORT ON;
GO
DECLARE @before bigint, @seen nvarchar(20);
BEGIN TRY
    EXEC sp_executesql N'SELECT @before = COUNT_BIG(*) FROM relay.outbox', N'@before bigint OUTPUT', @before OUTPUT;
    EXEC (N'UPDATE prove.address SET city = N''Zug'' WHERE id = 2');
    EXEC sp_executesql N'SELECT @seen = COUNT_BIG(*) - @before FROM relay.outbox',
        N'@before bigint, @seen nvarchar(20) OUTPUT', @before, @seen OUTPUT;
END TRY
BEGIN CATCH
    SET @seen = N'error ' + CONVERT(nvarchar(10), ERROR_NUMBER());
END CATCH;
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
SELECT N'save_with_options_off' AS point, N'1' AS expected, @seen AS seen;
GO
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET NUMERIC_ROUNDABORT OFF;
GO
-- point: save_without_rights | expected: 1
-- A clerk has no right on the schema relay: the owner of both tables is the same.
CREATE USER relay_prove_clerk WITHOUT LOGIN;
GRANT SELECT, UPDATE ON prove.address TO relay_prove_clerk;
GO
EXEC prove.see N'save_without_rights', N'1', N'
DECLARE @before bigint = (SELECT COUNT_BIG(*) FROM relay.outbox);
EXECUTE AS USER = N''relay_prove_clerk'';
UPDATE prove.address SET city = N''Bern'' WHERE id = 1;
REVERT;
SELECT @seen = COUNT_BIG(*) - @before FROM relay.outbox';
GO
-- point: widest_keys | expected: 0
EXEC prove.see N'widest_keys', N'0', N'
SELECT @seen = COUNT(*) FROM (
    SELECT i.object_id FROM sys.indexes AS i
    JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
    JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE i.object_id IN (SELECT t.object_id FROM sys.tables AS t WHERE t.schema_id = SCHEMA_ID(N''relay''))
    GROUP BY i.object_id, i.index_id, i.type
    HAVING SUM(c.max_length) > CASE i.type WHEN 1 THEN 900 ELSE 1700 END
) AS too_wide
WHERE OBJECT_ID(N''relay.outbox'') IS NOT NULL';
GO
-- point: escalation | expected: DISABLE
EXEC prove.see N'escalation', N'DISABLE',
    N'SELECT @seen = lock_escalation_desc FROM sys.tables WHERE object_id = OBJECT_ID(N''relay.outbox'')';
GO
-- point: locks_of_a_mass_edit | expected: IX IX
-- Locks on the whole outbox during a mass edit: intent alone. To see them needs VIEW SERVER STATE (error 300).
EXEC prove.see N'locks_of_a_mass_edit', N'IX IX', N'
INSERT INTO prove.address (name) SELECT TOP (6000) N''many'' FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b;
BEGIN TRANSACTION;
UPDATE prove.address SET city = N''Visp'' WHERE name = N''many'';
SELECT @seen = CONCAT(MIN(request_mode), N'' '', MAX(request_mode)) FROM sys.dm_tran_locks
WHERE request_session_id = @@SPID AND resource_database_id = DB_ID() AND resource_type = N''OBJECT''
    AND resource_associated_entity_id = OBJECT_ID(N''relay.outbox'');
ROLLBACK TRANSACTION';
GO
-- point: seek_by_keys | expected: 2
EXEC prove.see N'seek_by_keys', N'2', N'
SELECT @seen = COUNT(DISTINCT o.entity_key)
FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, FORCESEEK (ix_outbox_entity_entity_key_id (entity, entity_key)))
WHERE o.status = N''pending'' AND o.entity = N''address'' AND o.entity_key IN (N''1'', N''2'', N''-1'')';
GO
-- point: seek_by_json_keys | expected: 2
-- As keys are sent: in one parameter. Error 8622 would mean that the server finds no plan for such a seek.
EXEC prove.see N'seek_by_json_keys', N'2', N'
DECLARE @keys nvarchar(max) = N''{"1": 0, "2": 0, "-1": 0}'';
SELECT @seen = COUNT(DISTINCT o.entity_key)
FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, FORCESEEK (ix_outbox_entity_entity_key_id (entity, entity_key)))
WHERE o.status = N''pending'' AND o.entity = N''address''
    AND o.entity_key IN (SELECT listed.[key] COLLATE Latin1_General_100_BIN2 FROM OPENJSON(@keys) AS listed)';
GO
-- point: seek_by_json_numbers | expected: 2
EXEC prove.see N'seek_by_json_numbers', N'2', N'
DECLARE @keys nvarchar(max) = N''{"1": 0, "2": 0, "-1": 0}'';
SELECT @seen = COUNT(*) FROM prove.address AS record WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
WHERE record.id IN (SELECT CAST(listed.[key] AS integer) FROM OPENJSON(@keys) AS listed)';
GO
-- point: views | expected: answer
EXEC prove.see N'views', N'answer', N'
DECLARE @rows bigint = (SELECT COUNT_BIG(*) FROM relay.v_history) + (SELECT COUNT_BIG(*) FROM relay.v_open)
    + (SELECT COUNT_BIG(*) FROM relay.v_held) + (SELECT COUNT_BIG(*) FROM relay.v_waiting)
    + (SELECT COUNT_BIG(*) FROM relay.v_status) + (SELECT COUNT_BIG(*) FROM relay.v_lag)
    + (SELECT COUNT_BIG(*) FROM relay.v_year);
SET @seen = N''answer''';
GO
-- point: release | expected: ["address a\u0001\\\""]
EXEC prove.see N'release', N'["address a\u0001\\\""]', N'
INSERT INTO relay.outbox (entity, entity_key, operation, status)
VALUES (N''address'', N''a'' + NCHAR(1) + N''\"'', N''update'', N''held'');
DECLARE @key nvarchar(500) = N''a'' + NCHAR(1) + N''\"'';
EXEC relay.release @reason = N''prove'', @key = @key;
SELECT TOP (1) @seen = detail FROM relay.audit ORDER BY id DESC';
GO
-- point: skip | expected: skipped
EXEC prove.see N'skip', N'skipped', N'
INSERT INTO relay.outbox (entity, entity_key, operation, status)
VALUES (N''address'', N''wrong'', N''update'', N''held'');
EXEC relay.skip @reason = N''prove'', @key = N''address:wrong'';
SELECT @seen = MAX(status) FROM relay.outbox WHERE entity_key = N''wrong''';
GO
-- point: leave | expected: 0
IF USER_ID(N'relay_prove_clerk') IS NOT NULL DROP USER relay_prove_clerk;
DROP TABLE prove.texts, prove.counted, prove.beside, prove.address;
DROP PROCEDURE prove.see;
DROP SCHEMA prove;
GO
SELECT N'leave' AS point, N'0' AS expected, CONVERT(nvarchar(20), COUNT(*)) AS seen
FROM sys.schemas WHERE name = N'prove';
GO
SET NOEXEC OFF;
GO
