-- How SQL Server carries out the triggers and the poll. Run it in SSMS on a COPY of cobra's database
-- with the relay's triggers and, best, a million finished entries. It rolls everything back.
--
-- Replace dbo.ADDRESSES, ID and CITY0 (a mapped text column) by yours.
--
-- Expected in the plans that SSMS shows:
--   * update trigger, both sizes: "inserted" and "deleted" each read once, one Hash Match (full outer
--     join), one insert into outbox; no Nested Loops over both, no read of any other table;
--   * poll: seven Index Seeks, six on ix_outbox_due, one on ix_outbox_status_id, at most 500 rows read by
--     each, no Sort, no Scan;
--   * listing: Index Seek on ix_outbox_entity_entity_key_id, Clustered Index Seek on delivery;
--   * second listing, for five keys and for 900: Index Seek on ix_outbox_entity_entity_key_id by entity
--     AND entity_key, as often as there are keys; no error 8622, no Scan, no Hash Match with the outbox;
--   * a number under which something was sent: Index Seek on ix_delivery_sage_key, no Scan;
--   * reopening: Index Seek on ix_outbox_status_id for waiting and held alone;
--   * acknowledgement: first the SELECT, Clustered Index Seek on pk_outbox; then the joined UPDATE, with its
--     two equal hints as it is sent: it runs, whatever its plan.
-- Expected in the messages: elapsed time of the second single save close to the first one's, though
-- the plan was then made for 50,000 rows.
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET NOCOUNT ON;
GO
IF DB_NAME() NOT LIKE N'%copy%' AND DB_NAME() NOT LIKE N'%kopie%'
    THROW 50000, N'Run this on a copy whose name contains "copy" or "kopie".', 1;
SET STATISTICS XML ON;
SET STATISTICS TIME ON;

BEGIN TRANSACTION;
UPDATE dbo.ADDRESSES SET CITY0 = N'plan test 1' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
UPDATE dbo.ADDRESSES SET CITY0 = N'plan test 2' WHERE ID IN (SELECT TOP (50000) ID FROM dbo.ADDRESSES);
UPDATE dbo.ADDRESSES SET CITY0 = N'plan test 3' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
SELECT TOP (500) id, entity, entity_key FROM relay.outbox WITH (READCOMMITTEDLOCK, READPAST)
WHERE entity = N'address' AND status = N'pending' ORDER BY next_attempt_at, id;
SELECT TOP (500) id, entity, entity_key FROM relay.outbox WITH (READCOMMITTEDLOCK, READPAST)
WHERE entity = N'address' AND status = N'retrying' AND next_attempt_at <= SYSUTCDATETIME()
ORDER BY next_attempt_at, id;
SELECT TOP (125) id, entity, entity_key FROM relay.outbox WITH (READCOMMITTEDLOCK, READPAST)
WHERE status = N'pending' ORDER BY id DESC;
SELECT o.id, d.year, d.status FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
LEFT JOIN relay.delivery AS d ON d.outbox_id = o.id
WHERE o.status IN (N'pending', N'retrying', N'waiting', N'held') AND o.entity = N'address'
    AND o.entity_key IN (N'1', N'2', N'3') ORDER BY o.id;

SELECT DISTINCT o.entity, o.entity_key FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, READPAST)
JOIN relay.delivery AS d ON d.outbox_id = o.id
WHERE d.sage_key IN (N'20260001', N'4711');

DECLARE @keys nvarchar(max) = N'N''1''', @n int = 2, @said nvarchar(max), @listing nvarchar(max) = N'
SELECT o.id, o.entity, o.entity_key
FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, FORCESEEK (ix_outbox_entity_entity_key_id (entity, entity_key)))
WHERE o.status = N''pending'' AND o.entity = @entity AND o.entity_key IN ($keys) ORDER BY o.id';
WHILE @n <= 900
BEGIN
    SELECT @keys = @keys + N', N''' + CONVERT(nvarchar(10), @n) + N'''', @n = @n + 1;
    IF @n IN (6, 901)
    BEGIN
        SET @said = REPLACE(@listing, N'$keys', @keys);
        EXEC sp_executesql @said, N'@entity nvarchar(20)', @entity = N'address';
    END;
END;

SELECT o.id FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
WHERE o.status IN (N'waiting', N'held') AND (o.waiting_on = N'address:1' OR o.id IN (1, 2));
SELECT o.id, o.status FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
WHERE o.id IN (1, 2, 3);
UPDATE relay.outbox WITH (READCOMMITTEDLOCK, READPAST) SET attempts = listed.attempts
FROM relay.outbox WITH (READCOMMITTEDLOCK, READPAST), (VALUES (CAST(1 AS bigint), 0), (2, 0)) AS listed (id, attempts)
WHERE relay.outbox.id = listed.id;
ROLLBACK TRANSACTION;

SET STATISTICS TIME OFF;
SET STATISTICS XML OFF;
GO
