-- Was wartet, und worauf? error sagt es in Worten; wartet es auf ein Sage-Jahr, so steht dessen Zustand
-- daneben. Sobald da ist, worauf es wartet, geht es von selbst.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i waiting.sql).
--
-- What waits, and for what? error says it in words; if it waits for a Sage year, that year's state
-- stands beside it. As soon as what it waits for is there, it goes by itself.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i waiting.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT * FROM relay.v_waiting ORDER BY entry;
GO
