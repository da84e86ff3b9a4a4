-- A Sage with amounts in centimes, letters for sides and kinds, and days as char(8).
CREATE TABLE dbo.Adr (
    AdrId nvarchar(13) NOT NULL,
    Corp nvarchar(31) NULL,
    Line1 nvarchar(31) NULL,
    Line2 nvarchar(31) NULL,
    Road nvarchar(31) NULL,
    ACode nvarchar(31) NULL,
    City nvarchar(25) NULL,
    CCode nvarchar(3) NULL,
    Lang nvarchar(1) NULL,
    Salut nvarchar(65) NULL,
    Title nvarchar(31) NULL,
    Sort nvarchar(11) NULL,
    TelB nvarchar(21) NULL,
    TelP nvarchar(21) NULL,
    TelN nvarchar(21) NULL,
    TelF nvarchar(21) NULL,
    PRIMARY KEY (AdrId)
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
    MDbt bigint NOT NULL DEFAULT 0,
    MCdt bigint NOT NULL DEFAULT 0,
    FDbt bigint NOT NULL DEFAULT 0,
    FCdt bigint NOT NULL DEFAULT 0,
    NOp int NOT NULL DEFAULT 0,
    PRIMARY KEY (PkKey)
)
GO
CREATE TABLE dbo.OPd (
    OpId nvarchar(13) NOT NULL,
    PkKey int NOT NULL,
    AdrId nvarchar(13) NULL,
    Ref nvarchar(27) NULL,
    [Text] nvarchar(31) NULL,
    ZabId nvarchar(5) NULL,
    CurId nvarchar(5) NULL,
    DateO char(8) NULL,
    DateD char(8) NULL,
    DateF char(8) NULL,
    MVal bigint NOT NULL DEFAULT 0,
    FVal bigint NOT NULL DEFAULT 0,
    MDbt bigint NOT NULL DEFAULT 0,
    MCdt bigint NOT NULL DEFAULT 0,
    FDbt bigint NOT NULL DEFAULT 0,
    FCdt bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (OpId)
)
GO
CREATE TABLE dbo.Blg (
    BlgNr int NOT NULL,
    [Date] char(8) NOT NULL,
    Orig char(1) NOT NULL,
    GFNr int NULL,
    PRIMARY KEY (BlgNr)
)
GO
CREATE TABLE dbo.Bk (
    BlgNr int NOT NULL,
    BkIdx int NOT NULL,
    AccId nvarchar(13) NOT NULL,
    CAcc nvarchar(13) NULL,
    [Type] char(1) NOT NULL,
    BType char(1) NOT NULL,
    ValNt bigint NOT NULL,
    ValTx bigint NOT NULL,
    ValFW bigint NOT NULL DEFAULT 0,
    TaxId nvarchar(5) NULL,
    TIdx int NULL,
    CIdx int NULL,
    [Text] nvarchar(60) NULL,
    OpId nvarchar(13) NULL,
    PkKey int NULL,
    Flags int NOT NULL DEFAULT 0,
    PRIMARY KEY (BlgNr, BkIdx)
)
GO
CREATE TABLE dbo.Acc (
    AccId nvarchar(13) NOT NULL PRIMARY KEY,
    MDbt bigint NOT NULL DEFAULT 0,
    MCdt bigint NOT NULL DEFAULT 0,
    FDbt bigint NOT NULL DEFAULT 0,
    FCdt bigint NOT NULL DEFAULT 0
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
    YearFrom char(8) NOT NULL,
    YearTo char(8) NOT NULL,
    PeriodFrom char(8) NULL,
    PeriodTo char(8) NULL,
    VatTo char(8) NULL,
    CurId nvarchar(3) NOT NULL
)
GO
