-- A Sage that takes numbers of documents and rows from tables of its own.
CREATE TABLE dbo.Adr (
    RowId int NOT NULL PRIMARY KEY,
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
    UNIQUE (AdrId)
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
CREATE TABLE dbo.OPd (
    RowId int NOT NULL PRIMARY KEY,
    OpId nvarchar(13) NOT NULL,
    PkKey int NOT NULL,
    AdrId nvarchar(13) NULL,
    Ref nvarchar(27) NULL,
    [Text] nvarchar(31) NULL,
    ZabId nvarchar(5) NULL,
    CurId nvarchar(5) NULL,
    DateO date NULL,
    DateD date NULL,
    DateF date NULL,
    MVal decimal(18, 2) NOT NULL DEFAULT 0,
    FVal decimal(18, 2) NOT NULL DEFAULT 0,
    MDbt decimal(18, 2) NOT NULL DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL DEFAULT 0,
    UNIQUE (OpId)
)
GO
CREATE TABLE dbo.Blg (
    RowId int NOT NULL PRIMARY KEY,
    BlgNr int NOT NULL,
    [Date] date NOT NULL,
    Orig smallint NOT NULL,
    GFNr int NULL,
    UNIQUE (BlgNr)
)
GO
CREATE TABLE dbo.Bk (
    RowId int NOT NULL PRIMARY KEY,
    BlgNr int NOT NULL,
    BkIdx int NOT NULL,
    AccId nvarchar(13) NOT NULL,
    CAcc nvarchar(13) NULL,
    [Type] smallint NOT NULL,
    BType smallint NOT NULL,
    ValNt decimal(18, 2) NOT NULL,
    ValTx decimal(18, 2) NOT NULL,
    ValFW decimal(18, 2) NOT NULL DEFAULT 0,
    TaxId nvarchar(5) NULL,
    TIdx int NULL,
    CIdx int NULL,
    [Text] nvarchar(60) NULL,
    OpId nvarchar(13) NULL,
    PkKey int NULL,
    Flags int NOT NULL DEFAULT 0,
    UNIQUE (BlgNr, BkIdx)
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
-- The number that was given last of each kind; and, in a row of its own, the next document.
CREATE TABLE dbo.Numbers (
    Kind nvarchar(13) NOT NULL PRIMARY KEY,
    Given int NOT NULL
)
GO
INSERT INTO dbo.Numbers (Kind, Given) VALUES ('ADR', 100), ('OPD', 200), ('BLG', 300), ('BK', 400)
GO
CREATE TABLE dbo.NextDocument (
    Document int NOT NULL
)
GO
INSERT INTO dbo.NextDocument (Document) VALUES (7001)
GO
