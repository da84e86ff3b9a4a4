-- Einen angehaltenen oder wartenden Eintrag nicht übertragen; er steht auch für die älteren seines
-- Datensatzes. Einer Adresse nächste Änderung in cobra geht wieder; eine Rechnung bleibt übersprungen, bis sie
-- mit resend.sql wieder aufgenommen wird. Unten Nummer (held.sql, Spalte entry) und Grund eintragen.
-- In der Datenbank von cobra ausführen, mit SSMS oder sqlcmd (sqlcmd -f 65001 -i skip.sql).
--
-- Do not transfer a held or waiting entry; it stands for the older ones of its record too. An address's
-- next change in cobra goes over again; an invoice stays skipped until resend.sql takes it up again. Enter its number (held.sql, column entry) and the reason below.
-- Run it in cobra's database, with SSMS or sqlcmd (sqlcmd -f 65001 -i skip.sql).
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DECLARE @entry bigint = NULL; -- <- Nummer des Eintrags / number of the entry
DECLARE @reason nvarchar(max) = N''; -- <- Grund / reason
EXEC relay.skip @reason = @reason, @entry = @entry;
GO
