-- Einen Datensatz neu mit Sage vergleichen und übertragen, was fehlt, auch wenn er schon erledigt ist.
-- Unten seinen Schlüssel in cobra und den Grund eintragen; mit der Art davor (invoice:4711) auch von einer Rechnung,
-- die ohne Trigger gespeichert wurde und noch keinen Eintrag hat.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i resend.sql).
--
-- Compare a record with Sage afresh and transfer what is missing, also if it is finished already.
-- Enter its key in cobra and the reason below; with its kind (invoice:4711) also of an invoice that was saved
-- without triggers and has no entry yet.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i resend.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @key nvarchar(500) = NULL; -- <- Schlüssel in cobra / key in cobra: N'4711'
DECLARE @reason nvarchar(max) = N''; -- <- Grund / reason
EXEC relay.resend @reason = @reason, @key = @key;
GO
