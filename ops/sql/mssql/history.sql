-- Was mit einem Datensatz geschah: was in cobra geändert wurde, was gesendet wurde, was zurückkam, und
-- was jemand von Hand getan hat. Unten Art und Schlüssel eintragen (held.sql zeigt beide).
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i history.sql).
--
-- What happened to a record: what changed in cobra, what was sent, what came back, and what somebody
-- did by hand. Enter kind and key below (held.sql shows both).
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i history.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @entity nvarchar(20) = N'address'; -- <- Art / kind
DECLARE @key nvarchar(450) = NULL; -- <- Schlüssel in cobra / key in cobra: N'4711'
SELECT *
FROM relay.v_history
WHERE entity = @entity AND entity_key = @key
ORDER BY at, position, entry;
GO
