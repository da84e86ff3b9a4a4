-- Ist alles in Ordnung? Die Übersicht (all_well = 1: ja; sonst sagen die Zahlen, was fehlt), die
-- Einträge nach Status und Jahr, und welches Relay arbeitet oder zuletzt gearbeitet hat: Ob es läuft, sagt hier nur
-- relay status.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < status.sql.
--
-- Is all well? The overview (all_well = 1: yes; else the numbers say what is missing), the entries
-- by status and year, and which relay works or worked last: whether it runs is told here by relay status only.
-- Run it on cobra's file, for example with sqlite3 cobra.db < status.sql.
SELECT * FROM relay_v_lag;
SELECT * FROM relay_v_status ORDER BY scope, status;
SELECT relay FROM relay_identity;
