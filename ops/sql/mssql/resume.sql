-- Ein angehaltenes Sage-Jahr fortsetzen; was darauf wartet, geht von selbst. Unten das Jahr (status.sql,
-- Spalte scope; * für alle) und den Grund eintragen.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i resume.sql).
--
-- Go on with a paused Sage year; what waits for it goes by itself. Enter the year (status.sql, column
-- scope; * for all) and the reason below.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i resume.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @year nvarchar(50) = NULL; -- <- Jahr oder * / year or *: N'MUSTER2026'
DECLARE @reason nvarchar(max) = N''; -- <- Grund / reason
DECLARE @all bit = CASE WHEN @year = N'*' THEN 1 ELSE 0 END;
SET @year = NULLIF(@year, N'*');
EXEC relay.resume @reason = @reason, @year = @year, @all = @all;
GO
