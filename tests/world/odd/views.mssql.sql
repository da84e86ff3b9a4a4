-- A Sage that keeps header and lines elsewhere, and whose own triggers keep the totals: it is
-- reached by views with INSTEAD OF triggers.
CREATE TABLE dbo.Anschrift (
    K_AdrId nvarchar(13) NOT NULL,
    K_Corp nvarchar(31) NULL,
    K_Line1 nvarchar(31) NULL,
    K_Line2 nvarchar(31) NULL,
    K_Road nvarchar(31) NULL,
    K_ACode nvarchar(31) NULL,
    K_City nvarchar(25) NULL,
    K_CCode nvarchar(3) NULL,
    K_Lang nvarchar(1) NULL,
    K_Salut nvarchar(65) NULL,
    K_Title nvarchar(31) NULL,
    K_Sort nvarchar(11) NULL,
    K_TelB nvarchar(21) NULL,
    K_TelP nvarchar(21) NULL,
    K_TelN nvarchar(21) NULL,
    K_TelF nvarchar(21) NULL,
    PRIMARY KEY (K_AdrId)
)
GO
CREATE TABLE dbo.PKd (
    PkKey int NOT NULL,
    AdrId nvarchar(13) NOT NULL,
    AccId nvarchar(13) NOT NULL,
    ZabId nvarchar(5) NULL,
    CurId nvarchar(5) NULL,
    WrnLk smallint NOT NULL DEFAULT 0,
    Flags int NOT NULL DEFAULT 0,
    MDbt decimal(18, 2) NOT NULL DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL DEFAULT 0,
    NOp int NOT NULL DEFAULT 0,
    PRIMARY KEY (PkKey)
)
GO
CREATE TABLE dbo.Posten (
    K_OpId nvarchar(13) NOT NULL,
    K_PkKey int NOT NULL,
    K_AdrId nvarchar(13) NULL,
    K_Ref nvarchar(27) NULL,
    K_Text nvarchar(31) NULL,
    K_ZabId nvarchar(5) NULL,
    K_CurId nvarchar(5) NULL,
    K_DateO date NULL,
    K_DateD date NULL,
    K_DateF date NULL,
    K_MVal decimal(18, 2) NOT NULL DEFAULT 0,
    K_FVal decimal(18, 2) NOT NULL DEFAULT 0,
    K_MDbt decimal(18, 2) NOT NULL DEFAULT 0,
    K_MCdt decimal(18, 2) NOT NULL DEFAULT 0,
    K_FDbt decimal(18, 2) NOT NULL DEFAULT 0,
    K_FCdt decimal(18, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (K_OpId)
)
GO
CREATE TABLE dbo.Kopf (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    K_BlgNr int NOT NULL,
    K_Date date NOT NULL,
    K_Orig smallint NOT NULL,
    K_GFNr int NULL,
    UNIQUE (K_BlgNr)
)
GO
CREATE TABLE dbo.Zeile (
    KopfId int NOT NULL,
    Z_BkIdx int NOT NULL,
    Z_AccId nvarchar(13) NOT NULL,
    Z_CAcc nvarchar(13) NULL,
    Z_Type smallint NOT NULL,
    Z_BType smallint NOT NULL,
    Z_ValNt decimal(18, 2) NOT NULL,
    Z_ValTx decimal(18, 2) NOT NULL,
    Z_ValFW decimal(18, 2) NOT NULL DEFAULT 0,
    Z_TaxId nvarchar(5) NULL,
    Z_TIdx int NULL,
    Z_CIdx int NULL,
    Z_Text nvarchar(60) NULL,
    Z_OpId nvarchar(13) NULL,
    Z_PkKey int NULL,
    Z_Flags int NOT NULL DEFAULT 0,
    PRIMARY KEY (KopfId, Z_BkIdx)
)
GO
CREATE TABLE dbo.Acc (
    AccId nvarchar(13) NOT NULL PRIMARY KEY,
    MDbt decimal(18, 2) NOT NULL DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL DEFAULT 0
)
GO
CREATE TABLE dbo.Tax (
    TaxId nvarchar(5) NOT NULL PRIMARY KEY,
    [Rate] decimal(18, 6) NOT NULL,
    AccId nvarchar(13) NULL
)
GO
CREATE TABLE dbo.Zab (
    ZabId nvarchar(5) NOT NULL PRIMARY KEY,
    Days int NOT NULL
)
GO
CREATE TABLE dbo.FCur (
    CurId nvarchar(5) NOT NULL PRIMARY KEY,
    [Rate] decimal(18, 6) NOT NULL,
    Unit int NOT NULL DEFAULT 1
)
GO
CREATE TABLE dbo.Client (
    YearFrom date NOT NULL,
    YearTo date NOT NULL,
    PeriodFrom date NULL,
    PeriodTo date NULL,
    VatTo date NULL,
    CurId nvarchar(3) NOT NULL
)
GO
CREATE VIEW dbo.SageAdr AS
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
FROM dbo.Anschrift
GO
CREATE TRIGGER dbo.SageAdr_insert ON dbo.SageAdr INSTEAD OF INSERT AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.Anschrift (K_AdrId, K_Corp, K_Line1, K_Line2, K_Road, K_ACode, K_City, K_CCode,
        K_Lang, K_Salut, K_Title, K_Sort, K_TelB, K_TelP, K_TelN, K_TelF)
    SELECT i.AdrId, i.Corp, i.Line1, i.Line2, i.Road, i.ACode, i.City, i.CCode, i.Lang, i.Salut,
        i.Title, i.Sort, i.TelB, i.TelP, i.TelN, i.TelF
    FROM inserted AS i;
END
GO
CREATE TRIGGER dbo.SageAdr_update ON dbo.SageAdr INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE t SET K_Corp = i.Corp, K_Line1 = i.Line1, K_Line2 = i.Line2, K_Road = i.Road, K_ACode =
        i.ACode, K_City = i.City, K_CCode = i.CCode, K_Lang = i.Lang, K_Salut = i.Salut, K_Title =
        i.Title, K_Sort = i.Sort, K_TelB = i.TelB, K_TelP = i.TelP, K_TelN = i.TelN, K_TelF = i.TelF
    FROM dbo.Anschrift AS t JOIN inserted AS i ON i.AdrId = t.K_AdrId;
END
GO
CREATE VIEW dbo.SageOPd AS
SELECT
    K_OpId AS OpId,
    K_PkKey AS PkKey,
    K_AdrId AS AdrId,
    K_Ref AS Ref,
    K_Text AS [Text],
    K_ZabId AS ZabId,
    K_CurId AS CurId,
    K_DateO AS DateO,
    K_DateD AS DateD,
    K_DateF AS DateF,
    K_MVal AS MVal,
    K_FVal AS FVal,
    CAST(CASE WHEN 1 = 1 THEN K_MDbt END AS decimal(18, 2)) AS MDbt,
    CAST(CASE WHEN 1 = 1 THEN K_MCdt END AS decimal(18, 2)) AS MCdt,
    CAST(CASE WHEN 1 = 1 THEN K_FDbt END AS decimal(18, 2)) AS FDbt,
    CAST(CASE WHEN 1 = 1 THEN K_FCdt END AS decimal(18, 2)) AS FCdt
FROM dbo.Posten
GO
CREATE TRIGGER dbo.SageOPd_insert ON dbo.SageOPd INSTEAD OF INSERT AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.Posten (K_OpId, K_PkKey, K_AdrId, K_Ref, K_Text, K_ZabId, K_CurId, K_DateO,
        K_DateD, K_DateF, K_MVal, K_FVal, K_MDbt, K_MCdt, K_FDbt, K_FCdt)
    SELECT i.OpId, i.PkKey, i.AdrId, i.Ref, i.[Text], i.ZabId, i.CurId, i.DateO, i.DateD, i.DateF,
        COALESCE(i.MVal, 0), COALESCE(i.FVal, 0), COALESCE(i.MDbt, 0), COALESCE(i.MCdt, 0),
        COALESCE(i.FDbt, 0), COALESCE(i.FCdt, 0)
    FROM inserted AS i;
END
GO
CREATE TRIGGER dbo.SageOPd_update ON dbo.SageOPd INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE t SET K_PkKey = i.PkKey, K_AdrId = i.AdrId, K_Ref = i.Ref, K_Text = i.[Text], K_ZabId =
        i.ZabId, K_CurId = i.CurId, K_DateO = i.DateO, K_DateD = i.DateD, K_DateF = i.DateF, K_MVal
        = i.MVal, K_FVal = i.FVal, K_MDbt = i.MDbt, K_MCdt = i.MCdt, K_FDbt = i.FDbt, K_FCdt =
        i.FCdt
    FROM dbo.Posten AS t JOIN inserted AS i ON i.OpId = t.K_OpId;
END
GO
CREATE VIEW dbo.SageBlg AS
SELECT
    K_BlgNr AS BlgNr,
    K_Date AS [Date],
    K_Orig AS Orig,
    K_GFNr AS GFNr
FROM dbo.Kopf
GO
CREATE TRIGGER dbo.SageBlg_insert ON dbo.SageBlg INSTEAD OF INSERT AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.Kopf (K_BlgNr, K_Date, K_Orig, K_GFNr)
    SELECT i.BlgNr, i.[Date], i.Orig, i.GFNr
    FROM inserted AS i;
END
GO
CREATE VIEW dbo.SageBk AS
SELECT
    k.K_BlgNr AS BlgNr,
    z.Z_BkIdx AS BkIdx,
    z.Z_AccId AS AccId,
    z.Z_CAcc AS CAcc,
    z.Z_Type AS [Type],
    z.Z_BType AS BType,
    z.Z_ValNt AS ValNt,
    z.Z_ValTx AS ValTx,
    z.Z_ValFW AS ValFW,
    z.Z_TaxId AS TaxId,
    z.Z_TIdx AS TIdx,
    z.Z_CIdx AS CIdx,
    z.Z_Text AS [Text],
    z.Z_OpId AS OpId,
    z.Z_PkKey AS PkKey,
    z.Z_Flags AS Flags
FROM dbo.Zeile AS z JOIN dbo.Kopf AS k ON k.Id = z.KopfId
GO
CREATE TRIGGER dbo.SageBk_insert ON dbo.SageBk INSTEAD OF INSERT AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.Zeile (KopfId, Z_BkIdx, Z_AccId, Z_CAcc, Z_Type, Z_BType, Z_ValNt, Z_ValTx,
        Z_ValFW, Z_TaxId, Z_TIdx, Z_CIdx, Z_Text, Z_OpId, Z_PkKey, Z_Flags)
    SELECT k.Id, i.BkIdx, i.AccId, i.CAcc, i.[Type], i.BType, i.ValNt, i.ValTx, COALESCE(i.ValFW,
        0), i.TaxId, i.TIdx, i.CIdx, i.[Text], i.OpId, i.PkKey, COALESCE(i.Flags, 0)
    FROM inserted AS i JOIN dbo.Kopf AS k ON k.K_BlgNr = i.BlgNr;
END
GO
-- The totals are kept by triggers, as the postings and open items come.
CREATE TRIGGER dbo.Zeile_totals ON dbo.Zeile AFTER INSERT AS
BEGIN
    SET NOCOUNT ON;
    UPDATE t SET MDbt = t.MDbt + s.MDbt, MCdt = t.MCdt + s.MCdt, FDbt = t.FDbt + s.FDbt, FCdt =
        t.FCdt + s.FCdt
    FROM dbo.Acc AS t JOIN (
        SELECT Z_AccId,
            SUM(CASE WHEN Z_Type = 0 THEN Z_ValNt ELSE 0 END) AS MDbt,
            SUM(CASE WHEN Z_Type = 1 THEN Z_ValNt ELSE 0 END) AS MCdt,
            SUM(CASE WHEN Z_Type = 0 THEN CASE WHEN Z_OpId IS NULL THEN 0 ELSE Z_ValFW END ELSE 0
                END) AS FDbt,
            SUM(CASE WHEN Z_Type = 1 THEN CASE WHEN Z_OpId IS NULL THEN 0 ELSE Z_ValFW END ELSE 0
                END) AS FCdt
        FROM inserted WHERE Z_AccId IS NOT NULL GROUP BY Z_AccId
    ) AS s ON s.Z_AccId = t.AccId;
    UPDATE t SET MDbt = t.MDbt + s.MDbt, MCdt = t.MCdt + s.MCdt, FDbt = t.FDbt + s.FDbt, FCdt =
        t.FCdt + s.FCdt
    FROM dbo.PKd AS t JOIN (
        SELECT Z_PkKey,
            SUM(CASE WHEN Z_Type = 0 THEN Z_ValNt ELSE 0 END) AS MDbt,
            SUM(CASE WHEN Z_Type = 1 THEN Z_ValNt ELSE 0 END) AS MCdt,
            SUM(CASE WHEN Z_Type = 0 THEN Z_ValFW ELSE 0 END) AS FDbt,
            SUM(CASE WHEN Z_Type = 1 THEN Z_ValFW ELSE 0 END) AS FCdt
        FROM inserted WHERE Z_PkKey IS NOT NULL GROUP BY Z_PkKey
    ) AS s ON s.Z_PkKey = t.PkKey;
    UPDATE t SET K_MDbt = t.K_MDbt + s.MDbt, K_MCdt = t.K_MCdt + s.MCdt, K_FDbt = t.K_FDbt + s.FDbt,
        K_FCdt = t.K_FCdt + s.FCdt
    FROM dbo.Posten AS t JOIN (
        SELECT Z_OpId,
            SUM(CASE WHEN Z_Type = 0 THEN Z_ValNt ELSE 0 END) AS MDbt,
            SUM(CASE WHEN Z_Type = 1 THEN Z_ValNt ELSE 0 END) AS MCdt,
            SUM(CASE WHEN Z_Type = 0 THEN Z_ValFW ELSE 0 END) AS FDbt,
            SUM(CASE WHEN Z_Type = 1 THEN Z_ValFW ELSE 0 END) AS FCdt
        FROM inserted WHERE Z_OpId IS NOT NULL GROUP BY Z_OpId
    ) AS s ON s.Z_OpId = t.K_OpId;
END
GO
CREATE TRIGGER dbo.Posten_open ON dbo.Posten AFTER INSERT, UPDATE AS
BEGIN
    SET NOCOUNT ON;
    UPDATE t SET NOp = (
        SELECT COUNT(*) FROM dbo.Posten AS p
        WHERE p.K_PkKey = t.PkKey AND (p.K_MVal <> 0 OR p.K_FVal <> 0)
    )
    FROM dbo.PKd AS t WHERE t.PkKey IN (SELECT K_PkKey FROM inserted);
END
GO
