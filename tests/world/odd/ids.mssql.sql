-- A Sage with keys of the database, GUIDs as ids of rows, and who wrote a row when. Its RowVersion
-- would be a rowversion, which not every server of the tests has.
CREATE TABLE dbo.Adr (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    RowGuid uniqueidentifier NOT NULL,
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
    CreatedAt datetime2(3) NOT NULL,
    CreatedBy nvarchar(50) NOT NULL,
    ChangedAt datetime2(3) NOT NULL,
    ChangedBy nvarchar(50) NOT NULL,
    RowVersion binary(8) NOT NULL DEFAULT 0x01,
    UNIQUE (AdrId),
    UNIQUE (RowGuid)
)
GO
CREATE TABLE dbo.PKd (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    RowGuid uniqueidentifier NOT NULL,
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
    CreatedAt datetime2(3) NOT NULL,
    CreatedBy nvarchar(50) NOT NULL,
    ChangedAt datetime2(3) NOT NULL,
    ChangedBy nvarchar(50) NOT NULL,
    RowVersion binary(8) NOT NULL DEFAULT 0x01,
    UNIQUE (PkKey),
    UNIQUE (RowGuid)
)
GO
CREATE TABLE dbo.OPd (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    RowGuid uniqueidentifier NOT NULL,
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
    CreatedAt datetime2(3) NOT NULL,
    CreatedBy nvarchar(50) NOT NULL,
    ChangedAt datetime2(3) NOT NULL,
    ChangedBy nvarchar(50) NOT NULL,
    RowVersion binary(8) NOT NULL DEFAULT 0x01,
    UNIQUE (OpId),
    UNIQUE (RowGuid)
)
GO
CREATE TABLE dbo.Blg (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    RowGuid uniqueidentifier NOT NULL,
    BlgNr int NOT NULL,
    [Date] date NOT NULL,
    Orig smallint NOT NULL,
    GFNr int NULL,
    CreatedAt datetime2(3) NOT NULL,
    CreatedBy nvarchar(50) NOT NULL,
    ChangedAt datetime2(3) NOT NULL,
    ChangedBy nvarchar(50) NOT NULL,
    RowVersion binary(8) NOT NULL DEFAULT 0x01,
    UNIQUE (BlgNr),
    UNIQUE (RowGuid)
)
GO
CREATE TABLE dbo.Bk (
    Id int IDENTITY(1, 1) PRIMARY KEY,
    RowGuid uniqueidentifier NOT NULL,
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
    CreatedAt datetime2(3) NOT NULL,
    CreatedBy nvarchar(50) NOT NULL,
    ChangedAt datetime2(3) NOT NULL,
    ChangedBy nvarchar(50) NOT NULL,
    RowVersion binary(8) NOT NULL DEFAULT 0x01,
    UNIQUE (BlgNr, BkIdx),
    UNIQUE (RowGuid)
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
