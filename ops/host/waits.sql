-- That a clerk never waits for the relay without row versioning. Run it in SSMS on a COPY of cobra's
-- database with the relay's triggers, in two windows, never on production.
--
-- Replace dbo.ADDRESSES, ID and CITY0 (a mapped text column) by yours.
--
-- First, once: the option must be off for this test, as it is in many cobra databases.
--   ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT OFF WITH ROLLBACK IMMEDIATE;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT name, is_read_committed_snapshot_on, snapshot_isolation_state_desc
FROM sys.databases WHERE database_id = DB_ID(); -- expected: 0 in the second column
GO
IF DB_NAME() NOT LIKE N'%copy%' AND DB_NAME() NOT LIKE N'%kopie%'
    THROW 50000, N'Run this on a copy whose name contains "copy" or "kopie".', 1;

-- Window 1: the relay acknowledges, and its transaction stays open.
BEGIN TRANSACTION;
UPDATE relay.outbox SET attempts = attempts WHERE id IN (SELECT TOP (500) id FROM relay.outbox ORDER BY id DESC);

-- Window 2: a clerk. Expected: each statement ends at once, none with error 1222.
--   SET LOCK_TIMEOUT 500;
--   UPDATE dbo.ADDRESSES SET CITY0 = N'wait test' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
--   UPDATE dbo.ADDRESSES SET CITY0 = N'wait test' WHERE ID IN (SELECT TOP (5000) ID FROM dbo.ADDRESSES);
--
-- Window 1 again: the other way round, the clerk's save is open and the relay polls.
--   ROLLBACK TRANSACTION;
-- Window 2:
--   BEGIN TRANSACTION;
--   UPDATE dbo.ADDRESSES SET CITY0 = N'wait' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
-- Window 1. Expected: at once, and without the clerk's entry.
--   SET LOCK_TIMEOUT 500;
--   SELECT TOP (500) id, entity, entity_key FROM relay.outbox WITH (READCOMMITTEDLOCK, READPAST)
--   WHERE status = N'pending' ORDER BY id;
-- What asks and monitors. Expected: at once, and without the clerk's entry.
--   SELECT * FROM relay.v_lag; SELECT * FROM relay.v_status; SELECT COUNT(*) FROM relay.v_open;
-- The second listing and people's decisions, for other records than the clerk's. Expected: at once, also in a
-- small outbox (delete the finished entries of the copy and try once more).
--   SELECT o.id FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, FORCESEEK (ix_outbox_entity_entity_key_id (entity, entity_key)))
--   WHERE o.status = N'pending' AND o.entity = N'address' AND o.entity_key IN (N'-1', N'-2', N'-3');
-- The same with the key of the clerk's record. Expected: error 1222 after half a second.
-- What is reopened, and what is written. Expected: at once.
--   SELECT o.id FROM relay.outbox AS o WITH (READCOMMITTEDLOCK, UPDLOCK, FORCESEEK)
--   WHERE o.status IN (N'waiting', N'held') AND o.waiting_on = N'address:-1';
--   UPDATE relay.outbox WITH (READCOMMITTEDLOCK, READPAST) SET attempts = attempts WHERE attempts = -1;
-- Window 2: ROLLBACK TRANSACTION;
