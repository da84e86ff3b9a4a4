-- A Sage whose names are all German, with the books of several mandants in one database.
CREATE TABLE Adressen (
    Mandant NVARCHAR(20) NOT NULL, Nummer NVARCHAR(13) NOT NULL, Firma NVARCHAR(31) NULL,
    Zusatz1 NVARCHAR(31) NULL, Zusatz2 NVARCHAR(31) NULL, Strasse NVARCHAR(31) NULL,
    PLZ NVARCHAR(31) NULL, Ort NVARCHAR(25) NULL, Land NVARCHAR(3) NULL, Sprache NVARCHAR(1) NULL,
    Anrede NVARCHAR(65) NULL, Titel NVARCHAR(31) NULL, Kurzname NVARCHAR(11) NULL,
    Telefon NVARCHAR(21) NULL, Fax NVARCHAR(21) NULL,
    PRIMARY KEY (Mandant, Nummer)
);
CREATE TABLE Debitoren (
    Mandant NVARCHAR(20) NOT NULL, Konto INTEGER NOT NULL, Adresse NVARCHAR(13) NOT NULL,
    Sammelkonto NVARCHAR(13) NOT NULL, Kondition NVARCHAR(5) NULL, Waehrung NVARCHAR(5) NULL,
    Mahnsperre SMALLINT NOT NULL DEFAULT 0, Art INTEGER NOT NULL DEFAULT 0,
    Soll TEXT NOT NULL DEFAULT '0.00', Haben TEXT NOT NULL DEFAULT '0.00',
    SollFW TEXT NOT NULL DEFAULT '0.00', HabenFW TEXT NOT NULL DEFAULT '0.00',
    OffenePosten INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (Mandant, Konto)
);
CREATE TABLE OffenePosten (
    Mandant NVARCHAR(20) NOT NULL, Posten NVARCHAR(13) NOT NULL, Debitor INTEGER NOT NULL,
    Adresse NVARCHAR(13) NULL, Referenz NVARCHAR(27) NULL, Bezeichnung NVARCHAR(31) NULL,
    Kondition NVARCHAR(5) NULL, Waehrung NVARCHAR(5) NULL, Belegdatum DATE NULL,
    Faellig DATE NULL, Fibudatum DATE NULL, Betrag TEXT NOT NULL DEFAULT '0.00',
    BetragFW TEXT NOT NULL DEFAULT '0.00', Soll TEXT NOT NULL DEFAULT '0.00',
    Haben TEXT NOT NULL DEFAULT '0.00', SollFW TEXT NOT NULL DEFAULT '0.00',
    HabenFW TEXT NOT NULL DEFAULT '0.00', PRIMARY KEY (Mandant, Posten)
);
CREATE TABLE Belege (
    Mandant NVARCHAR(20) NOT NULL, Beleg INTEGER NOT NULL, Datum DATE NOT NULL,
    Herkunft SMALLINT NOT NULL DEFAULT 0, Geschaeftsfall INTEGER NULL,
    PRIMARY KEY (Mandant, Beleg)
);
CREATE TABLE Buchungen (
    Mandant NVARCHAR(20) NOT NULL, Beleg INTEGER NOT NULL, Zeile INTEGER NOT NULL,
    Konto NVARCHAR(13) NOT NULL, Gegenkonto NVARCHAR(13) NULL, Seite SMALLINT NOT NULL,
    Art SMALLINT NOT NULL, Betrag TEXT NOT NULL, Steuer TEXT NOT NULL,
    BetragFW TEXT NOT NULL DEFAULT '0.00', Steuercode NVARCHAR(5) NULL, Steuerzeile INTEGER NULL,
    Kostenzeile INTEGER NULL, Buchungstext NVARCHAR(60) NULL, Posten NVARCHAR(13) NULL,
    Debitor INTEGER NULL, Kennzeichen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (Mandant, Beleg, Zeile)
);
CREATE TABLE Konten (
    Mandant NVARCHAR(20) NOT NULL, Konto NVARCHAR(13) NOT NULL,
    Soll TEXT NOT NULL DEFAULT '0.00', Haben TEXT NOT NULL DEFAULT '0.00',
    SollFW TEXT NOT NULL DEFAULT '0.00', HabenFW TEXT NOT NULL DEFAULT '0.00',
    PRIMARY KEY (Mandant, Konto)
);
CREATE TABLE Steuercodes (
    Mandant NVARCHAR(20) NOT NULL, Code NVARCHAR(5) NOT NULL, Satz TEXT NOT NULL,
    Konto NVARCHAR(13) NULL, PRIMARY KEY (Mandant, Code)
);
CREATE TABLE Konditionen (
    Mandant NVARCHAR(20) NOT NULL, Kondition NVARCHAR(5) NOT NULL, Tage INTEGER NOT NULL,
    PRIMARY KEY (Mandant, Kondition)
);
CREATE TABLE Waehrungen (
    Mandant NVARCHAR(20) NOT NULL, Waehrung NVARCHAR(5) NOT NULL, Kurs TEXT NOT NULL,
    Einheit INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (Mandant, Waehrung)
);
CREATE TABLE Mandanten (
    Mandant NVARCHAR(20) NOT NULL PRIMARY KEY, Jahresbeginn DATE NOT NULL, Jahresende DATE NOT NULL,
    PeriodeVon DATE NULL, PeriodeBis DATE NULL, MwstBis DATE NULL, Leitwaehrung NVARCHAR(3) NOT NULL
);
-- Another mandant, with the same numbers: none of it is ours.
INSERT INTO Mandanten VALUES ('ANDERE', '2020-01-01', '2020-12-31', NULL, NULL, NULL, 'EUR');
INSERT INTO Konten (Mandant, Konto, Soll) VALUES ('ANDERE', '1100', '77.00'), ('ANDERE', '3000',
    '0.00');
INSERT INTO Steuercodes VALUES ('ANDERE', 'USt81', '19', '2200');
INSERT INTO Adressen (Mandant, Nummer, Firma, Ort) VALUES ('ANDERE', '1001', 'Fremd AG', 'Basel');
INSERT INTO Debitoren (Mandant, Konto, Adresse, Sammelkonto) VALUES ('ANDERE', 1001, '1001',
    '1100');
INSERT INTO OffenePosten (Mandant, Posten, Debitor, Betrag) VALUES ('ANDERE', '20260001', 1001,
    '5.00');
INSERT INTO Belege (Mandant, Beleg, Datum) VALUES ('ANDERE', 20260001, '2020-03-01');
INSERT INTO Buchungen (Mandant, Beleg, Zeile, Konto, Seite, Art, Betrag, Steuer, Posten, Debitor)
VALUES ('ANDERE', 20260001, 1, '1100', 0, 0, '5.00', '0.00', '20260001', 1001);
