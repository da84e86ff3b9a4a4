-- Wie jeder Kunde in Sage dasteht: Saldo, Überfälliges, Limite, Mahnsperre; das meiste Überfällige zuerst.
-- Gibt es mit dem Abschnitt [answers]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i customers.sql).
--
-- How each customer stands in Sage: balance, overdue, limit, reminder lock; the most overdue first.
-- There with the section [answers]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i customers.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
SELECT *
FROM relay.v_kunde
ORDER BY überfällig DESC, kunde;
GO
