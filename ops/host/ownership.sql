-- That a clerk without any right on the schema relay can save: ownership chaining covers the insert
-- into the outbox and its sequence. Run it in SSMS as a member of db_owner on a COPY of cobra's
-- database with the relay's triggers. It rolls everything back.
--
-- Replace dbo.ADDRESSES, ID and CITY0 (a mapped text column) by yours.
--
-- Expected: one row, entries = 1, noted_by = relay_test_clerk's login name or the session's own
-- (ORIGINAL_LOGIN() looks through EXECUTE AS); no error 229.
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET NOCOUNT ON;
GO
IF DB_NAME() NOT LIKE N'%copy%' AND DB_NAME() NOT LIKE N'%kopie%'
    THROW 50000, N'Run this on a copy whose name contains "copy" or "kopie".', 1;

BEGIN TRANSACTION;
DECLARE @before bigint = (SELECT COUNT_BIG(*) FROM relay.outbox);
CREATE USER relay_test_clerk WITHOUT LOGIN;
GRANT SELECT, UPDATE ON dbo.ADDRESSES TO relay_test_clerk;
EXECUTE AS USER = 'relay_test_clerk';
UPDATE dbo.ADDRESSES SET CITY0 = N'ownership test' WHERE ID = (SELECT MIN(ID) FROM dbo.ADDRESSES);
REVERT;
SELECT COUNT_BIG(*) - @before AS entries,
    (SELECT TOP (1) created_by FROM relay.outbox ORDER BY id DESC) AS noted_by
FROM relay.outbox;
ROLLBACK TRANSACTION;
GO
