-- A Sage whose names are all German, with the books of several mandants in one database.
CREATE TABLE dbo.Adressen (
    Mandant nvarchar(20) NOT NULL, Nummer nvarchar(13) NOT NULL, Firma nvarchar(31) NULL,
    Zusatz1 nvarchar(31) NULL, Zusatz2 nvarchar(31) NULL, Strasse nvarchar(31) NULL,
    PLZ nvarchar(31) NULL, Ort nvarchar(25) NULL, Land nvarchar(3) NULL, Sprache nvarchar(1) NULL,
    Anrede nvarchar(65) NULL, Titel nvarchar(31) NULL, Kurzname nvarchar(11) NULL,
    Telefon nvarchar(21) NULL, Fax nvarchar(21) NULL,
    PRIMARY KEY (Mandant, Nummer)
)
GO
CREATE TABLE dbo.Debitoren (
    Mandant nvarchar(20) NOT NULL, Konto int NOT NULL, Adresse nvarchar(13) NOT NULL,
    Sammelkonto nvarchar(13) NOT NULL, Kondition nvarchar(5) NULL, Waehrung nvarchar(5) NULL,
    Mahnsperre smallint NOT NULL DEFAULT 0, Art int NOT NULL DEFAULT 0,
    Soll decimal(18, 2) NOT NULL DEFAULT 0, Haben decimal(18, 2) NOT NULL DEFAULT 0,
    SollFW decimal(18, 2) NOT NULL DEFAULT 0, HabenFW decimal(18, 2) NOT NULL DEFAULT 0,
    OffenePosten int NOT NULL DEFAULT 0, PRIMARY KEY (Mandant, Konto)
)
GO
CREATE TABLE dbo.OffenePosten (
    Mandant nvarchar(20) NOT NULL, Posten nvarchar(13) NOT NULL, Debitor int NOT NULL,
    Adresse nvarchar(13) NULL, Referenz nvarchar(27) NULL, Bezeichnung nvarchar(31) NULL,
    Kondition nvarchar(5) NULL, Waehrung nvarchar(5) NULL, Belegdatum date NULL,
    Faellig date NULL, Fibudatum date NULL, Betrag decimal(18, 2) NOT NULL DEFAULT 0,
    BetragFW decimal(18, 2) NOT NULL DEFAULT 0, Soll decimal(18, 2) NOT NULL DEFAULT 0,
    Haben decimal(18, 2) NOT NULL DEFAULT 0, SollFW decimal(18, 2) NOT NULL DEFAULT 0,
    HabenFW decimal(18, 2) NOT NULL DEFAULT 0, PRIMARY KEY (Mandant, Posten)
)
GO
CREATE TABLE dbo.Belege (
    Mandant nvarchar(20) NOT NULL, Beleg int NOT NULL, Datum date NOT NULL,
    Herkunft smallint NOT NULL DEFAULT 0, Geschaeftsfall int NULL,
    PRIMARY KEY (Mandant, Beleg)
)
GO
CREATE TABLE dbo.Buchungen (
    Mandant nvarchar(20) NOT NULL, Beleg int NOT NULL, Zeile int NOT NULL,
    Konto nvarchar(13) NOT NULL, Gegenkonto nvarchar(13) NULL, Seite smallint NOT NULL,
    Art smallint NOT NULL, Betrag decimal(18, 2) NOT NULL, Steuer decimal(18, 2) NOT NULL,
    BetragFW decimal(18, 2) NOT NULL DEFAULT 0, Steuercode nvarchar(5) NULL, Steuerzeile int NULL,
    Kostenzeile int NULL, Buchungstext nvarchar(60) NULL, Posten nvarchar(13) NULL,
    Debitor int NULL, Kennzeichen int NOT NULL DEFAULT 0,
    PRIMARY KEY (Mandant, Beleg, Zeile)
)
GO
CREATE TABLE dbo.Konten (
    Mandant nvarchar(20) NOT NULL, Konto nvarchar(13) NOT NULL,
    Soll decimal(18, 2) NOT NULL DEFAULT 0, Haben decimal(18, 2) NOT NULL DEFAULT 0,
    SollFW decimal(18, 2) NOT NULL DEFAULT 0, HabenFW decimal(18, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (Mandant, Konto)
)
GO
CREATE TABLE dbo.Steuercodes (
    Mandant nvarchar(20) NOT NULL, Code nvarchar(5) NOT NULL, Satz decimal(18, 6) NOT NULL,
    Konto nvarchar(13) NULL, PRIMARY KEY (Mandant, Code)
)
GO
CREATE TABLE dbo.Konditionen (
    Mandant nvarchar(20) NOT NULL, Kondition nvarchar(5) NOT NULL, Tage int NOT NULL,
    PRIMARY KEY (Mandant, Kondition)
)
GO
CREATE TABLE dbo.Waehrungen (
    Mandant nvarchar(20) NOT NULL, Waehrung nvarchar(5) NOT NULL, Kurs decimal(18, 6) NOT NULL,
    Einheit int NOT NULL DEFAULT 1, PRIMARY KEY (Mandant, Waehrung)
)
GO
CREATE TABLE dbo.Mandanten (
    Mandant nvarchar(20) NOT NULL PRIMARY KEY, Jahresbeginn date NOT NULL, Jahresende date NOT NULL,
    PeriodeVon date NULL, PeriodeBis date NULL, MwstBis date NULL, Leitwaehrung nvarchar(3) NOT NULL
)
GO
-- Another mandant, with the same numbers: none of it is ours.
INSERT INTO dbo.Mandanten VALUES ('ANDERE', '2020-01-01', '2020-12-31', NULL, NULL, NULL, 'EUR')
GO
INSERT INTO dbo.Konten (Mandant, Konto, Soll) VALUES ('ANDERE', '1100', '77.00'), ('ANDERE', '3000',
    '0.00')
GO
INSERT INTO dbo.Steuercodes VALUES ('ANDERE', 'USt81', '19', '2200')
GO
INSERT INTO dbo.Adressen (Mandant, Nummer, Firma, Ort) VALUES ('ANDERE', '1001', 'Fremd AG',
    'Basel')
GO
INSERT INTO dbo.Debitoren (Mandant, Konto, Adresse, Sammelkonto) VALUES ('ANDERE', 1001, '1001',
    '1100')
GO
INSERT INTO dbo.OffenePosten (Mandant, Posten, Debitor, Betrag) VALUES ('ANDERE', '20260001', 1001,
    '5.00')
GO
INSERT INTO dbo.Belege (Mandant, Beleg, Datum) VALUES ('ANDERE', 20260001, '2020-03-01')
GO
INSERT INTO dbo.Buchungen (Mandant, Beleg, Zeile, Konto, Seite, Art, Betrag, Steuer, Posten,
    Debitor)
VALUES ('ANDERE', 20260001, 1, '1100', 0, 0, '5.00', '0.00', '20260001', 1001)
GO
