-- Was ist angehalten, und warum? Jede Zeile nennt den Datensatz, den Fehler (error) und was ihn behebt.
-- Wird der Datensatz in cobra korrigiert, geht er von selbst; nach einer Korrektur in Sage spätestens
-- nach einigen Minuten, mit release.sql sofort. Wie es so weit kam, zeigt history.sql.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < held.sql.
--
-- What is held, and why? Each line names the record, the error and what mends it. Once the record is
-- corrected in cobra it goes by itself; after a correction in Sage within minutes, with release.sql
-- at once. history.sql shows how it came to this.
-- Run it on cobra's file, for example with sqlite3 cobra.db < held.sql.
SELECT * FROM relay_v_held ORDER BY entry;
