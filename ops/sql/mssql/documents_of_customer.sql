-- Alles von einem Kunden, mit Positionen. Unten den Schlüssel des Kunden in cobra eintragen.
-- Gibt es mit dem Abschnitt [documents]; die Sicht mit englischen Namen steht in documents.en.md.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i documents_of_customer.sql).
--
-- Everything of a customer, with positions. Enter the customer's key in cobra below.
-- There with the section [documents]; the view with English names stands in documents.en.md.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i documents_of_customer.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @customer nvarchar(450) = N'4711'; -- <- Schlüssel des Kunden / the customer's key
SELECT *
FROM relay.v_belegposition
WHERE kunde_schlüssel = @customer
ORDER BY rechnungsdatum, rechnungsnummer, zeile;
GO
