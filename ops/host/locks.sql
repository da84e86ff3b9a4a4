-- What a clerk's statements lock on a real SQL Server. Run it in SSMS on a COPY of cobra's database
-- with the relay's triggers, never on production. It rolls everything back.
--
-- Replace dbo.ADDRESSES, ID and CITY0 (a mapped text column) by yours.
--
-- Expected, for both result sets:
--   * outbox: KEY X as many as rows changed (times the indexes), PAGE IX, OBJECT IX; no OBJECT X, no S:
--     a mass edit must not escalate to the whole table (LOCK_ESCALATION = DISABLE);
--   * the captured table: the same locks as without triggers (check: DISABLE TRIGGER, run once more);
--   * no other table of the schema relay, no other captured table.
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET NOCOUNT ON;
GO
IF DB_NAME() NOT LIKE N'%copy%' AND DB_NAME() NOT LIKE N'%kopie%'
    THROW 50000, N'Run this on a copy whose name contains "copy" or "kopie".', 1;

BEGIN TRANSACTION;
UPDATE dbo.ADDRESSES SET CITY0 = N'lock test' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
SELECT N'one row' AS what, OBJECT_NAME(COALESCE(p.object_id, l.resource_associated_entity_id)) AS locked,
    l.resource_type, l.request_mode, COUNT(*) AS locks
FROM sys.dm_tran_locks AS l
LEFT JOIN sys.partitions AS p ON p.hobt_id = l.resource_associated_entity_id
WHERE l.request_session_id = @@SPID AND l.resource_database_id = DB_ID()
    AND l.resource_type IN (N'OBJECT', N'PAGE', N'KEY', N'RID')
GROUP BY OBJECT_NAME(COALESCE(p.object_id, l.resource_associated_entity_id)), l.resource_type, l.request_mode
ORDER BY locked, l.resource_type, l.request_mode;
ROLLBACK TRANSACTION;

BEGIN TRANSACTION;
UPDATE dbo.ADDRESSES SET CITY0 = N'lock test' WHERE ID IN (SELECT TOP (20000) ID FROM dbo.ADDRESSES ORDER BY ID);
SELECT N'20,000 rows' AS what, OBJECT_NAME(COALESCE(p.object_id, l.resource_associated_entity_id)) AS locked,
    l.resource_type, l.request_mode, COUNT(*) AS locks
FROM sys.dm_tran_locks AS l
LEFT JOIN sys.partitions AS p ON p.hobt_id = l.resource_associated_entity_id
WHERE l.request_session_id = @@SPID AND l.resource_database_id = DB_ID()
    AND l.resource_type IN (N'OBJECT', N'PAGE', N'KEY', N'RID')
GROUP BY OBJECT_NAME(COALESCE(p.object_id, l.resource_associated_entity_id)), l.resource_type, l.request_mode
ORDER BY locked, l.resource_type, l.request_mode;
ROLLBACK TRANSACTION;
GO
