-- Einen angehaltenen oder wartenden Eintrag sofort noch einmal versuchen; er steht auch für die älteren
-- seines Datensatzes. Unten Nummer (held.sql, Spalte entry) und Grund eintragen.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i release.sql).
--
-- Try a held or waiting entry again at once; it stands for the older ones of its record too. Enter
-- its number (held.sql, column entry) and the reason below.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i release.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @entry bigint = NULL; -- <- Nummer des Eintrags / number of the entry
DECLARE @reason nvarchar(max) = N''; -- <- Grund / reason
EXEC relay.release @reason = @reason, @entry = @entry;
GO
