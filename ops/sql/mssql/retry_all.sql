-- Alles, was angehalten ist oder wartet, sofort noch einmal versuchen. Unten den Grund eintragen.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i retry_all.sql).
--
-- Try all that is held or waits again at once. Enter the reason below.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i retry_all.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @reason nvarchar(max) = N''; -- <- Grund / reason
EXEC relay.release @reason = @reason, @all = 1;
GO
