-- Ist alles in Ordnung? Die Übersicht (all_well = 1: ja; sonst sagen die Zahlen, was fehlt), die
-- Einträge nach Status und Jahr, und welches Relay arbeitet.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i status.sql).
--
-- Is all well? The overview (all_well = 1: yes; else the numbers say what is missing), the entries
-- by status and year, and which relay works.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i status.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT * FROM relay.v_lag;
SELECT * FROM relay.v_status ORDER BY scope, status;
SELECT
    i.relay,
    CASE APPLOCK_TEST('public', N'relay ' + DB_NAME(), 'Exclusive', 'Session')
        WHEN 0 THEN N'läuft'
        ELSE N'läuft nicht'
    END AS running_de
FROM relay.[identity] AS i;
GO
