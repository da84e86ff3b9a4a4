-- Was ist angehalten, und warum? Jede Zeile nennt den Datensatz, den Fehler (error) und was ihn behebt.
-- Wird der Datensatz in cobra korrigiert, geht er von selbst; nach einer Korrektur in Sage spätestens
-- nach einigen Minuten, mit release.sql sofort. Wie es so weit kam, zeigt history.sql.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i held.sql).
--
-- What is held, and why? Each line names the record, the error and what mends it. Once the record is
-- corrected in cobra it goes by itself; after a correction in Sage within minutes, with release.sql
-- at once. history.sql shows how it came to this.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i held.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT * FROM relay.v_held ORDER BY entry;
GO
