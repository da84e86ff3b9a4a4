-- Was wartet, und worauf? error sagt es in Worten; wartet es auf ein Sage-Jahr, so steht dessen Zustand
-- daneben. Sobald da ist, worauf es wartet, geht es von selbst.
-- In der Datei von cobra ausführen, zum Beispiel mit sqlite3 cobra.db < waiting.sql.
--
-- What waits, and for what? error says it in words; if it waits for a Sage year, that year's state
-- stands beside it. As soon as what it waits for is there, it goes by itself.
-- Run it on cobra's file, for example with sqlite3 cobra.db < waiting.sql.
SELECT * FROM relay_v_waiting ORDER BY entry;
