-- A Sage that keeps header and lines elsewhere, and whose own triggers keep the totals: it is
-- reached by views with INSTEAD OF triggers.
CREATE TABLE Anschrift (
    K_AdrId NVARCHAR(13) NOT NULL,
    K_Corp NVARCHAR(31) NULL,
    K_Line1 NVARCHAR(31) NULL,
    K_Line2 NVARCHAR(31) NULL,
    K_Road NVARCHAR(31) NULL,
    K_ACode NVARCHAR(31) NULL,
    K_City NVARCHAR(25) NULL,
    K_CCode NVARCHAR(3) NULL,
    K_Lang NVARCHAR(1) NULL,
    K_Salut NVARCHAR(65) NULL,
    K_Title NVARCHAR(31) NULL,
    K_Sort NVARCHAR(11) NULL,
    K_TelB NVARCHAR(21) NULL,
    K_TelP NVARCHAR(21) NULL,
    K_TelN NVARCHAR(21) NULL,
    K_TelF NVARCHAR(21) NULL,
    PRIMARY KEY (K_AdrId)
);
CREATE TABLE PKd (
    PkKey INTEGER NOT NULL,
    AdrId NVARCHAR(13) NOT NULL,
    AccId NVARCHAR(13) NOT NULL,
    ZabId NVARCHAR(5) NULL,
    CurId NVARCHAR(5) NULL,
    WrnLk SMALLINT NOT NULL DEFAULT 0,
    Flags INTEGER NOT NULL DEFAULT 0,
    MDbt TEXT NOT NULL DEFAULT '0.00',
    MCdt TEXT NOT NULL DEFAULT '0.00',
    FDbt TEXT NOT NULL DEFAULT '0.00',
    FCdt TEXT NOT NULL DEFAULT '0.00',
    NOp INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (PkKey)
);
CREATE TABLE Posten (
    K_OpId NVARCHAR(13) NOT NULL,
    K_PkKey INTEGER NOT NULL,
    K_AdrId NVARCHAR(13) NULL,
    K_Ref NVARCHAR(27) NULL,
    K_Text NVARCHAR(31) NULL,
    K_ZabId NVARCHAR(5) NULL,
    K_CurId NVARCHAR(5) NULL,
    K_DateO DATE NULL,
    K_DateD DATE NULL,
    K_DateF DATE NULL,
    K_MVal TEXT NOT NULL DEFAULT '0.00',
    K_FVal TEXT NOT NULL DEFAULT '0.00',
    K_MDbt TEXT NOT NULL DEFAULT '0.00',
    K_MCdt TEXT NOT NULL DEFAULT '0.00',
    K_FDbt TEXT NOT NULL DEFAULT '0.00',
    K_FCdt TEXT NOT NULL DEFAULT '0.00',
    PRIMARY KEY (K_OpId)
);
CREATE TABLE Kopf (
    Id INTEGER PRIMARY KEY AUTOINCREMENT,
    K_BlgNr INTEGER NOT NULL,
    K_Date DATE NOT NULL,
    K_Orig SMALLINT NOT NULL,
    K_GFNr INTEGER NULL,
    UNIQUE (K_BlgNr)
);
CREATE TABLE Zeile (
    KopfId INTEGER NOT NULL,
    Z_BkIdx INTEGER NOT NULL,
    Z_AccId NVARCHAR(13) NOT NULL,
    Z_CAcc NVARCHAR(13) NULL,
    Z_Type SMALLINT NOT NULL,
    Z_BType SMALLINT NOT NULL,
    Z_ValNt TEXT NOT NULL,
    Z_ValTx TEXT NOT NULL,
    Z_ValFW TEXT NOT NULL DEFAULT '0.00',
    Z_TaxId NVARCHAR(5) NULL,
    Z_TIdx INTEGER NULL,
    Z_CIdx INTEGER NULL,
    Z_Text NVARCHAR(60) NULL,
    Z_OpId NVARCHAR(13) NULL,
    Z_PkKey INTEGER NULL,
    Z_Flags INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (KopfId, Z_BkIdx)
);
CREATE TABLE Acc (
    AccId NVARCHAR(13) NOT NULL PRIMARY KEY,
    MDbt TEXT NOT NULL DEFAULT '0.00',
    MCdt TEXT NOT NULL DEFAULT '0.00',
    FDbt TEXT NOT NULL DEFAULT '0.00',
    FCdt TEXT NOT NULL DEFAULT '0.00'
);
CREATE TABLE Tax (
    TaxId NVARCHAR(5) NOT NULL PRIMARY KEY,
    Rate TEXT NOT NULL,
    AccId NVARCHAR(13) NULL
);
CREATE TABLE Zab (
    ZabId NVARCHAR(5) NOT NULL PRIMARY KEY,
    Days INTEGER NOT NULL
);
CREATE TABLE FCur (
    CurId NVARCHAR(5) NOT NULL PRIMARY KEY,
    Rate TEXT NOT NULL,
    Unit INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE Client (
    YearFrom DATE NOT NULL,
    YearTo DATE NOT NULL,
    PeriodFrom DATE NULL,
    PeriodTo DATE NULL,
    VatTo DATE NULL,
    CurId NVARCHAR(3) NOT NULL
);
CREATE VIEW SageAdr AS
SELECT
    K_AdrId AS AdrId,
    K_Corp AS Corp,
    K_Line1 AS Line1,
    K_Line2 AS Line2,
    K_Road AS Road,
    K_ACode AS ACode,
    K_City AS City,
    K_CCode AS CCode,
    K_Lang AS Lang,
    K_Salut AS Salut,
    K_Title AS Title,
    K_Sort AS Sort,
    K_TelB AS TelB,
    K_TelP AS TelP,
    K_TelN AS TelN,
    K_TelF AS TelF
FROM Anschrift;
CREATE TRIGGER SageAdr_insert INSTEAD OF INSERT ON SageAdr
BEGIN
    INSERT INTO Anschrift (K_AdrId, K_Corp, K_Line1, K_Line2, K_Road, K_ACode, K_City, K_CCode,
        K_Lang, K_Salut, K_Title, K_Sort, K_TelB, K_TelP, K_TelN, K_TelF)
    VALUES (NEW.AdrId, NEW.Corp, NEW.Line1, NEW.Line2, NEW.Road, NEW.ACode, NEW.City, NEW.CCode,
        NEW.Lang, NEW.Salut, NEW.Title, NEW.Sort, NEW.TelB, NEW.TelP, NEW.TelN, NEW.TelF);
END;
CREATE TRIGGER SageAdr_update INSTEAD OF UPDATE ON SageAdr
BEGIN
    UPDATE Anschrift SET K_Corp = NEW.Corp, K_Line1 = NEW.Line1, K_Line2 = NEW.Line2, K_Road =
        NEW.Road, K_ACode = NEW.ACode, K_City = NEW.City, K_CCode = NEW.CCode, K_Lang = NEW.Lang,
        K_Salut = NEW.Salut, K_Title = NEW.Title, K_Sort = NEW.Sort, K_TelB = NEW.TelB, K_TelP =
        NEW.TelP, K_TelN = NEW.TelN, K_TelF = NEW.TelF
    WHERE K_AdrId = OLD.AdrId;
END;
CREATE VIEW SageOPd AS
SELECT
    K_OpId AS OpId,
    K_PkKey AS PkKey,
    K_AdrId AS AdrId,
    K_Ref AS Ref,
    K_Text AS Text,
    K_ZabId AS ZabId,
    K_CurId AS CurId,
    K_DateO AS DateO,
    K_DateD AS DateD,
    K_DateF AS DateF,
    K_MVal AS MVal,
    K_FVal AS FVal,
    K_MDbt AS MDbt,
    K_MCdt AS MCdt,
    K_FDbt AS FDbt,
    K_FCdt AS FCdt
FROM Posten;
CREATE TRIGGER SageOPd_insert INSTEAD OF INSERT ON SageOPd
BEGIN
    INSERT INTO Posten (K_OpId, K_PkKey, K_AdrId, K_Ref, K_Text, K_ZabId, K_CurId, K_DateO, K_DateD,
        K_DateF, K_MVal, K_FVal, K_MDbt, K_MCdt, K_FDbt, K_FCdt)
    VALUES (NEW.OpId, NEW.PkKey, NEW.AdrId, NEW.Ref, NEW.Text, NEW.ZabId, NEW.CurId, NEW.DateO,
        NEW.DateD, NEW.DateF, COALESCE(NEW.MVal, '0.00'), COALESCE(NEW.FVal, '0.00'),
        COALESCE(NEW.MDbt, '0.00'), COALESCE(NEW.MCdt, '0.00'), COALESCE(NEW.FDbt, '0.00'),
        COALESCE(NEW.FCdt, '0.00'));
END;
CREATE TRIGGER SageOPd_update INSTEAD OF UPDATE ON SageOPd
BEGIN
    UPDATE Posten SET K_PkKey = NEW.PkKey, K_AdrId = NEW.AdrId, K_Ref = NEW.Ref, K_Text = NEW.Text,
        K_ZabId = NEW.ZabId, K_CurId = NEW.CurId, K_DateO = NEW.DateO, K_DateD = NEW.DateD, K_DateF
        = NEW.DateF, K_MVal = NEW.MVal, K_FVal = NEW.FVal, K_MDbt = NEW.MDbt, K_MCdt = NEW.MCdt,
        K_FDbt = NEW.FDbt, K_FCdt = NEW.FCdt
    WHERE K_OpId = OLD.OpId;
END;
CREATE VIEW SageBlg AS
SELECT
    K_BlgNr AS BlgNr,
    K_Date AS Date,
    K_Orig AS Orig,
    K_GFNr AS GFNr
FROM Kopf;
CREATE TRIGGER SageBlg_insert INSTEAD OF INSERT ON SageBlg
BEGIN
    INSERT INTO Kopf (K_BlgNr, K_Date, K_Orig, K_GFNr)
    VALUES (NEW.BlgNr, NEW.Date, NEW.Orig, NEW.GFNr);
END;
CREATE VIEW SageBk AS
SELECT
    k.K_BlgNr AS BlgNr,
    z.Z_BkIdx AS BkIdx,
    z.Z_AccId AS AccId,
    z.Z_CAcc AS CAcc,
    z.Z_Type AS Type,
    z.Z_BType AS BType,
    z.Z_ValNt AS ValNt,
    z.Z_ValTx AS ValTx,
    z.Z_ValFW AS ValFW,
    z.Z_TaxId AS TaxId,
    z.Z_TIdx AS TIdx,
    z.Z_CIdx AS CIdx,
    z.Z_Text AS Text,
    z.Z_OpId AS OpId,
    z.Z_PkKey AS PkKey,
    z.Z_Flags AS Flags
FROM Zeile AS z JOIN Kopf AS k ON k.Id = z.KopfId;
CREATE TRIGGER SageBk_insert INSTEAD OF INSERT ON SageBk
BEGIN
    INSERT INTO Zeile (KopfId, Z_BkIdx, Z_AccId, Z_CAcc, Z_Type, Z_BType, Z_ValNt, Z_ValTx, Z_ValFW,
        Z_TaxId, Z_TIdx, Z_CIdx, Z_Text, Z_OpId, Z_PkKey, Z_Flags)
    SELECT k.Id, NEW.BkIdx, NEW.AccId, NEW.CAcc, NEW.Type, NEW.BType, NEW.ValNt, NEW.ValTx,
        COALESCE(NEW.ValFW, '0.00'), NEW.TaxId, NEW.TIdx, NEW.CIdx, NEW.Text, NEW.OpId, NEW.PkKey,
        COALESCE(NEW.Flags, 0)
    FROM Kopf AS k WHERE k.K_BlgNr = NEW.BlgNr;
END;
-- The totals are kept by triggers, as the postings and open items come.
CREATE TRIGGER Zeile_totals AFTER INSERT ON Zeile
BEGIN
    UPDATE Acc SET
        MDbt = printf('%.2f', MDbt + CASE WHEN NEW.Z_Type = 0 THEN NEW.Z_ValNt ELSE 0 END),
        MCdt = printf('%.2f', MCdt + CASE WHEN NEW.Z_Type = 1 THEN NEW.Z_ValNt ELSE 0 END),
        FDbt = printf('%.2f', FDbt + CASE WHEN NEW.Z_Type = 0 THEN CASE WHEN NEW.Z_OpId IS NULL THEN
            0 ELSE NEW.Z_ValFW END ELSE 0 END),
        FCdt = printf('%.2f', FCdt + CASE WHEN NEW.Z_Type = 1 THEN CASE WHEN NEW.Z_OpId IS NULL THEN
            0 ELSE NEW.Z_ValFW END ELSE 0 END)
    WHERE AccId = NEW.Z_AccId;
    UPDATE PKd SET
        MDbt = printf('%.2f', MDbt + CASE WHEN NEW.Z_Type = 0 THEN NEW.Z_ValNt ELSE 0 END),
        MCdt = printf('%.2f', MCdt + CASE WHEN NEW.Z_Type = 1 THEN NEW.Z_ValNt ELSE 0 END),
        FDbt = printf('%.2f', FDbt + CASE WHEN NEW.Z_Type = 0 THEN NEW.Z_ValFW ELSE 0 END),
        FCdt = printf('%.2f', FCdt + CASE WHEN NEW.Z_Type = 1 THEN NEW.Z_ValFW ELSE 0 END)
    WHERE PkKey = NEW.Z_PkKey;
    UPDATE Posten SET
        K_MDbt = printf('%.2f', K_MDbt + CASE WHEN NEW.Z_Type = 0 THEN NEW.Z_ValNt ELSE 0 END),
        K_MCdt = printf('%.2f', K_MCdt + CASE WHEN NEW.Z_Type = 1 THEN NEW.Z_ValNt ELSE 0 END),
        K_FDbt = printf('%.2f', K_FDbt + CASE WHEN NEW.Z_Type = 0 THEN NEW.Z_ValFW ELSE 0 END),
        K_FCdt = printf('%.2f', K_FCdt + CASE WHEN NEW.Z_Type = 1 THEN NEW.Z_ValFW ELSE 0 END)
    WHERE K_OpId = NEW.Z_OpId;
END;
CREATE TRIGGER Posten_open_insert AFTER INSERT ON Posten
BEGIN
    UPDATE PKd SET NOp = (
        SELECT count(*) FROM Posten
        WHERE K_PkKey = NEW.K_PkKey AND (K_MVal <> '0.00' OR K_FVal <> '0.00')
    ) WHERE PkKey = NEW.K_PkKey;
END;
CREATE TRIGGER Posten_open_update AFTER UPDATE OF K_MVal, K_FVal ON Posten
BEGIN
    UPDATE PKd SET NOp = (
        SELECT count(*) FROM Posten
        WHERE K_PkKey = NEW.K_PkKey AND (K_MVal <> '0.00' OR K_FVal <> '0.00')
    ) WHERE PkKey = NEW.K_PkKey;
END;
