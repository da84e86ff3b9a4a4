-- Reference schema of a Sage 50 year database, named after the tags of TAF. Parameters: none.
--
-- Sage publishes no schema: a real installation differs, and relay.toml renames ([sage.profile]).
-- TAF gives names and lengths of keys and texts; other types, and what has no tag (the place of
-- a posting, the currency of an account, the client's settings), are our assumption. No foreign
-- keys, since nobody knows Sage's: what the relay writes must be right without them.

-- An address. Sage has no e-mail, no first name, no house number of its own.
CREATE TABLE dbo.Adr (
    AdrId nvarchar(13) NOT NULL CONSTRAINT PK_Adr PRIMARY KEY,
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
    Code nvarchar(11) NULL,
    TelB nvarchar(21) NULL,
    TelP nvarchar(21) NULL,
    TelN nvarchar(21) NULL,
    TelF nvarchar(21) NULL,
    PCode int NULL
)
GO

-- A debtor: the personal account of an address. MDbt, MCdt, FDbt, FCdt and NOp are totals that
-- Sage keeps, the first two in the year's currency, the others in the foreign one.
CREATE TABLE dbo.PKd (
    PkKey int NOT NULL CONSTRAINT PK_PKd PRIMARY KEY,
    AdrId nvarchar(13) NOT NULL,
    AccId nvarchar(13) NOT NULL,
    GAcc nvarchar(13) NULL,
    ZabId nvarchar(5) NULL,
    CurId nvarchar(5) NULL,
    [Limit] decimal(18, 2) NULL,
    [Text] nvarchar(31) NULL,
    Sort nvarchar(11) NULL,
    Code nvarchar(11) NULL,
    CusNr nvarchar(11) NULL,
    CallN nvarchar(31) NULL,
    CallT nvarchar(21) NULL,
    Ref nvarchar(17) NULL,
    WrnLk smallint NOT NULL CONSTRAINT DF_PKd_WrnLk DEFAULT 0,
    Flags int NOT NULL CONSTRAINT DF_PKd_Flags DEFAULT 0,
    MDbt decimal(18, 2) NOT NULL CONSTRAINT DF_PKd_MDbt DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL CONSTRAINT DF_PKd_MCdt DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL CONSTRAINT DF_PKd_FDbt DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL CONSTRAINT DF_PKd_FCdt DEFAULT 0,
    NOp int NOT NULL CONSTRAINT DF_PKd_NOp DEFAULT 0
)
GO

-- An open item of a debtor. MDbt, MCdt, FDbt and FCdt are totals that Sage keeps.
CREATE TABLE dbo.OPd (
    OpId nvarchar(13) NOT NULL CONSTRAINT PK_OPd PRIMARY KEY,
    PkKey int NOT NULL,
    AdrId nvarchar(13) NULL,
    Ref nvarchar(27) NULL,
    [Text] nvarchar(31) NULL,
    ZabId nvarchar(5) NULL,
    TaxId nvarchar(5) NULL,
    CurId nvarchar(5) NULL,
    DateO date NULL,
    DateD date NULL,
    DateF date NULL,
    DateP date NULL,
    DateW date NULL,
    MVal decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_MVal DEFAULT 0,
    FVal decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_FVal DEFAULT 0,
    [State] smallint NOT NULL CONSTRAINT DF_OPd_State DEFAULT 0,
    Warn smallint NOT NULL CONSTRAINT DF_OPd_Warn DEFAULT 0,
    Batch int NULL,
    MDbt decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_MDbt DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_MCdt DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_FDbt DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL CONSTRAINT DF_OPd_FCdt DEFAULT 0
)
GO

-- A document, whose postings are in Bk.
CREATE TABLE dbo.Blg (
    BlgNr int NOT NULL CONSTRAINT PK_Blg PRIMARY KEY,
    [Date] date NOT NULL,
    Grp nvarchar(1) NULL,
    Orig smallint NOT NULL CONSTRAINT DF_Blg_Orig DEFAULT 0,
    MType smallint NULL,
    GFNr int NULL
)
GO

-- A posting. BkIdx is its place in the document, from 1: TIdx and CIdx point there.
CREATE TABLE dbo.Bk (
    BlgNr int NOT NULL,
    BkIdx int NOT NULL,
    AccId nvarchar(13) NOT NULL,
    CAcc nvarchar(13) NULL,
    [Type] smallint NOT NULL,
    BType smallint NOT NULL CONSTRAINT DF_Bk_BType DEFAULT 0,
    ValNt decimal(18, 2) NOT NULL CONSTRAINT DF_Bk_ValNt DEFAULT 0,
    ValTx decimal(18, 2) NOT NULL CONSTRAINT DF_Bk_ValTx DEFAULT 0,
    ValFW decimal(18, 2) NOT NULL CONSTRAINT DF_Bk_ValFW DEFAULT 0,
    TaxId nvarchar(5) NULL,
    TIdx int NULL,
    CIdx int NULL,
    [Text] nvarchar(60) NULL,
    Text2 nvarchar(60) NULL,
    Code nvarchar(9) NULL,
    [Date] date NULL,
    OpId nvarchar(13) NULL,
    PkKey int NULL,
    Flags int NOT NULL CONSTRAINT DF_Bk_Flags DEFAULT 0,
    CONSTRAINT PK_Bk PRIMARY KEY (BlgNr, BkIdx),
    CONSTRAINT CK_Bk_Text CHECK (LEN([Text]) + LEN(Text2) <= 60)
)
GO

-- Accounts and cost centres. MDbt, MCdt, FDbt and FCdt are totals that Sage keeps.
CREATE TABLE dbo.Acc (
    AccId nvarchar(13) NOT NULL CONSTRAINT PK_Acc PRIMARY KEY,
    [Text] nvarchar(31) NULL,
    [Type] smallint NOT NULL CONSTRAINT DF_Acc_Type DEFAULT 0,
    CurId nvarchar(5) NULL,
    TaxId nvarchar(5) NULL,
    MDbt decimal(18, 2) NOT NULL CONSTRAINT DF_Acc_MDbt DEFAULT 0,
    MCdt decimal(18, 2) NOT NULL CONSTRAINT DF_Acc_MCdt DEFAULT 0,
    FDbt decimal(18, 2) NOT NULL CONSTRAINT DF_Acc_FDbt DEFAULT 0,
    FCdt decimal(18, 2) NOT NULL CONSTRAINT DF_Acc_FCdt DEFAULT 0
)
GO

-- Tax keys.
CREATE TABLE dbo.Tax (
    TaxId nvarchar(5) NOT NULL CONSTRAINT PK_Tax PRIMARY KEY,
    [Rate] decimal(18, 6) NOT NULL,
    Quote decimal(18, 6) NULL,
    NetIn smallint NOT NULL CONSTRAINT DF_Tax_NetIn DEFAULT 0,
    AccId nvarchar(13) NULL,
    [Text] nvarchar(19) NULL
)
GO

-- Payment terms.
CREATE TABLE dbo.Zab (
    ZabId nvarchar(5) NOT NULL CONSTRAINT PK_Zab PRIMARY KEY,
    [Text] nvarchar(31) NULL,
    Days int NOT NULL CONSTRAINT DF_Zab_Days DEFAULT 0,
    Days1 int NULL,
    Dis1 decimal(18, 6) NULL,
    Days2 int NULL,
    Dis2 decimal(18, 6) NULL,
    Warn1 int NULL,
    Duty1 decimal(18, 2) NULL,
    Warn2 int NULL,
    Duty2 decimal(18, 2) NULL,
    Warn3 int NULL,
    Duty3 decimal(18, 2) NULL,
    Warn4 int NULL,
    Duty4 decimal(18, 2) NULL,
    LimW decimal(18, 2) NULL,
    LimF decimal(18, 2) NULL
)
GO

-- Foreign currencies.
CREATE TABLE dbo.FCur (
    CurId nvarchar(5) NOT NULL CONSTRAINT PK_FCur PRIMARY KEY,
    [Rate] decimal(18, 6) NOT NULL,
    Unit int NOT NULL CONSTRAINT DF_FCur_Unit DEFAULT 1,
    AccId nvarchar(13) NULL
)
GO

-- Settings of the client, in one row: fiscal year, the period open for posting, the last day
-- whose value added tax is settled, lead currency.
CREATE TABLE dbo.Client (
    [Name] nvarchar(31) NOT NULL CONSTRAINT PK_Client PRIMARY KEY,
    YearFrom date NOT NULL,
    YearTo date NOT NULL,
    PeriodFrom date NULL,
    PeriodTo date NULL,
    VatTo date NULL,
    CurId nvarchar(3) NOT NULL
)
GO
