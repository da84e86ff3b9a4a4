-- Reference schema of a Sage 50 year database, named after the tags of TAF. Parameters: none.
--
-- Sage publishes no schema: a real installation differs, and relay.toml renames ([sage.profile]).
-- TAF gives names and lengths of keys and texts; other types, and what has no tag (the place of
-- a posting, the currency of an account, the client's settings), are our assumption. No foreign
-- keys, since nobody knows Sage's: what the relay writes must be right without them.
--
-- A text longer than its length fails, as on SQL Server. An amount is a text with two places after
-- the point, and a rate one with any: SQLite would keep a number as an inexact one.

-- An address. Sage has no e-mail, no first name, no house number of its own.
CREATE TABLE Adr (
    AdrId NVARCHAR(13) NOT NULL PRIMARY KEY CHECK (length(AdrId) <= 13),
    Corp NVARCHAR(31) NULL CHECK (length(Corp) <= 31),
    Line1 NVARCHAR(31) NULL CHECK (length(Line1) <= 31),
    Line2 NVARCHAR(31) NULL CHECK (length(Line2) <= 31),
    Road NVARCHAR(31) NULL CHECK (length(Road) <= 31),
    ACode NVARCHAR(31) NULL CHECK (length(ACode) <= 31),
    City NVARCHAR(25) NULL CHECK (length(City) <= 25),
    CCode NVARCHAR(3) NULL CHECK (length(CCode) <= 3),
    Lang NVARCHAR(1) NULL CHECK (length(Lang) <= 1),
    Salut NVARCHAR(65) NULL CHECK (length(Salut) <= 65),
    Title NVARCHAR(31) NULL CHECK (length(Title) <= 31),
    Sort NVARCHAR(11) NULL CHECK (length(Sort) <= 11),
    Code NVARCHAR(11) NULL CHECK (length(Code) <= 11),
    TelB NVARCHAR(21) NULL CHECK (length(TelB) <= 21),
    TelP NVARCHAR(21) NULL CHECK (length(TelP) <= 21),
    TelN NVARCHAR(21) NULL CHECK (length(TelN) <= 21),
    TelF NVARCHAR(21) NULL CHECK (length(TelF) <= 21),
    PCode INTEGER NULL
);

-- A debtor: the personal account of an address. MDbt, MCdt, FDbt, FCdt and NOp are totals that
-- Sage keeps, the first two in the year's currency, the others in the foreign one.
CREATE TABLE PKd (
    PkKey INTEGER NOT NULL PRIMARY KEY,
    AdrId NVARCHAR(13) NOT NULL CHECK (length(AdrId) <= 13),
    AccId NVARCHAR(13) NOT NULL CHECK (length(AccId) <= 13),
    GAcc NVARCHAR(13) NULL CHECK (length(GAcc) <= 13),
    ZabId NVARCHAR(5) NULL CHECK (length(ZabId) <= 5),
    CurId NVARCHAR(5) NULL CHECK (length(CurId) <= 5),
    "Limit" TEXT NULL CHECK ("Limit" GLOB '*[0-9].[0-9][0-9]'),
    Text NVARCHAR(31) NULL CHECK (length(Text) <= 31),
    Sort NVARCHAR(11) NULL CHECK (length(Sort) <= 11),
    Code NVARCHAR(11) NULL CHECK (length(Code) <= 11),
    CusNr NVARCHAR(11) NULL CHECK (length(CusNr) <= 11),
    CallN NVARCHAR(31) NULL CHECK (length(CallN) <= 31),
    CallT NVARCHAR(21) NULL CHECK (length(CallT) <= 21),
    Ref NVARCHAR(17) NULL CHECK (length(Ref) <= 17),
    WrnLk SMALLINT NOT NULL DEFAULT 0,
    Flags INTEGER NOT NULL DEFAULT 0,
    MDbt TEXT NOT NULL DEFAULT '0.00' CHECK (MDbt GLOB '*[0-9].[0-9][0-9]'),
    MCdt TEXT NOT NULL DEFAULT '0.00' CHECK (MCdt GLOB '*[0-9].[0-9][0-9]'),
    FDbt TEXT NOT NULL DEFAULT '0.00' CHECK (FDbt GLOB '*[0-9].[0-9][0-9]'),
    FCdt TEXT NOT NULL DEFAULT '0.00' CHECK (FCdt GLOB '*[0-9].[0-9][0-9]'),
    NOp INTEGER NOT NULL DEFAULT 0
);

-- An open item of a debtor. MDbt, MCdt, FDbt and FCdt are totals that Sage keeps.
CREATE TABLE OPd (
    OpId NVARCHAR(13) NOT NULL PRIMARY KEY CHECK (length(OpId) <= 13),
    PkKey INTEGER NOT NULL,
    AdrId NVARCHAR(13) NULL CHECK (length(AdrId) <= 13),
    Ref NVARCHAR(27) NULL CHECK (length(Ref) <= 27),
    Text NVARCHAR(31) NULL CHECK (length(Text) <= 31),
    ZabId NVARCHAR(5) NULL CHECK (length(ZabId) <= 5),
    TaxId NVARCHAR(5) NULL CHECK (length(TaxId) <= 5),
    CurId NVARCHAR(5) NULL CHECK (length(CurId) <= 5),
    DateO DATE NULL,
    DateD DATE NULL,
    DateF DATE NULL,
    DateP DATE NULL,
    DateW DATE NULL,
    MVal TEXT NOT NULL DEFAULT '0.00' CHECK (MVal GLOB '*[0-9].[0-9][0-9]'),
    FVal TEXT NOT NULL DEFAULT '0.00' CHECK (FVal GLOB '*[0-9].[0-9][0-9]'),
    State SMALLINT NOT NULL DEFAULT 0,
    Warn SMALLINT NOT NULL DEFAULT 0,
    Batch INTEGER NULL,
    MDbt TEXT NOT NULL DEFAULT '0.00' CHECK (MDbt GLOB '*[0-9].[0-9][0-9]'),
    MCdt TEXT NOT NULL DEFAULT '0.00' CHECK (MCdt GLOB '*[0-9].[0-9][0-9]'),
    FDbt TEXT NOT NULL DEFAULT '0.00' CHECK (FDbt GLOB '*[0-9].[0-9][0-9]'),
    FCdt TEXT NOT NULL DEFAULT '0.00' CHECK (FCdt GLOB '*[0-9].[0-9][0-9]')
);

-- A document, whose postings are in Bk.
CREATE TABLE Blg (
    BlgNr INTEGER NOT NULL PRIMARY KEY,
    Date DATE NOT NULL,
    Grp NVARCHAR(1) NULL CHECK (length(Grp) <= 1),
    Orig SMALLINT NOT NULL DEFAULT 0,
    MType SMALLINT NULL,
    GFNr INTEGER NULL
);

-- A posting. BkIdx is its place in the document, from 1: TIdx and CIdx point there.
CREATE TABLE Bk (
    BlgNr INTEGER NOT NULL,
    BkIdx INTEGER NOT NULL,
    AccId NVARCHAR(13) NOT NULL CHECK (length(AccId) <= 13),
    CAcc NVARCHAR(13) NULL CHECK (length(CAcc) <= 13),
    Type SMALLINT NOT NULL,
    BType SMALLINT NOT NULL DEFAULT 0,
    ValNt TEXT NOT NULL DEFAULT '0.00' CHECK (ValNt GLOB '*[0-9].[0-9][0-9]'),
    ValTx TEXT NOT NULL DEFAULT '0.00' CHECK (ValTx GLOB '*[0-9].[0-9][0-9]'),
    ValFW TEXT NOT NULL DEFAULT '0.00' CHECK (ValFW GLOB '*[0-9].[0-9][0-9]'),
    TaxId NVARCHAR(5) NULL CHECK (length(TaxId) <= 5),
    TIdx INTEGER NULL,
    CIdx INTEGER NULL,
    Text NVARCHAR(60) NULL CHECK (length(Text) <= 60),
    Text2 NVARCHAR(60) NULL CHECK (length(Text2) <= 60),
    Code NVARCHAR(9) NULL CHECK (length(Code) <= 9),
    Date DATE NULL,
    OpId NVARCHAR(13) NULL CHECK (length(OpId) <= 13),
    PkKey INTEGER NULL,
    Flags INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT PK_Bk PRIMARY KEY (BlgNr, BkIdx),
    CONSTRAINT CK_Bk_Text CHECK (length(Text) + length(Text2) <= 60)
);

-- Accounts and cost centres. MDbt, MCdt, FDbt and FCdt are totals that Sage keeps.
CREATE TABLE Acc (
    AccId NVARCHAR(13) NOT NULL PRIMARY KEY CHECK (length(AccId) <= 13),
    Text NVARCHAR(31) NULL CHECK (length(Text) <= 31),
    Type SMALLINT NOT NULL DEFAULT 0,
    CurId NVARCHAR(5) NULL CHECK (length(CurId) <= 5),
    TaxId NVARCHAR(5) NULL CHECK (length(TaxId) <= 5),
    MDbt TEXT NOT NULL DEFAULT '0.00' CHECK (MDbt GLOB '*[0-9].[0-9][0-9]'),
    MCdt TEXT NOT NULL DEFAULT '0.00' CHECK (MCdt GLOB '*[0-9].[0-9][0-9]'),
    FDbt TEXT NOT NULL DEFAULT '0.00' CHECK (FDbt GLOB '*[0-9].[0-9][0-9]'),
    FCdt TEXT NOT NULL DEFAULT '0.00' CHECK (FCdt GLOB '*[0-9].[0-9][0-9]')
);

-- Tax keys.
CREATE TABLE Tax (
    TaxId NVARCHAR(5) NOT NULL PRIMARY KEY CHECK (length(TaxId) <= 5),
    Rate TEXT NOT NULL CHECK (Rate GLOB '*[0-9]'),
    Quote TEXT NULL CHECK (Quote GLOB '*[0-9]'),
    NetIn SMALLINT NOT NULL DEFAULT 0,
    AccId NVARCHAR(13) NULL CHECK (length(AccId) <= 13),
    Text NVARCHAR(19) NULL CHECK (length(Text) <= 19)
);

-- Payment terms.
CREATE TABLE Zab (
    ZabId NVARCHAR(5) NOT NULL PRIMARY KEY CHECK (length(ZabId) <= 5),
    Text NVARCHAR(31) NULL CHECK (length(Text) <= 31),
    Days INTEGER NOT NULL DEFAULT 0,
    Days1 INTEGER NULL,
    Dis1 TEXT NULL CHECK (Dis1 GLOB '*[0-9]'),
    Days2 INTEGER NULL,
    Dis2 TEXT NULL CHECK (Dis2 GLOB '*[0-9]'),
    Warn1 INTEGER NULL,
    Duty1 TEXT NULL CHECK (Duty1 GLOB '*[0-9].[0-9][0-9]'),
    Warn2 INTEGER NULL,
    Duty2 TEXT NULL CHECK (Duty2 GLOB '*[0-9].[0-9][0-9]'),
    Warn3 INTEGER NULL,
    Duty3 TEXT NULL CHECK (Duty3 GLOB '*[0-9].[0-9][0-9]'),
    Warn4 INTEGER NULL,
    Duty4 TEXT NULL CHECK (Duty4 GLOB '*[0-9].[0-9][0-9]'),
    LimW TEXT NULL CHECK (LimW GLOB '*[0-9].[0-9][0-9]'),
    LimF TEXT NULL CHECK (LimF GLOB '*[0-9].[0-9][0-9]')
);

-- Foreign currencies.
CREATE TABLE FCur (
    CurId NVARCHAR(5) NOT NULL PRIMARY KEY CHECK (length(CurId) <= 5),
    Rate TEXT NOT NULL CHECK (Rate GLOB '*[0-9]'),
    Unit INTEGER NOT NULL DEFAULT 1,
    AccId NVARCHAR(13) NULL CHECK (length(AccId) <= 13)
);

-- Settings of the client, in one row: fiscal year, the period open for posting, the last day
-- whose value added tax is settled, lead currency.
CREATE TABLE Client (
    Name NVARCHAR(31) NOT NULL PRIMARY KEY CHECK (length(Name) <= 31),
    YearFrom DATE NOT NULL,
    YearTo DATE NOT NULL,
    PeriodFrom DATE NULL,
    PeriodTo DATE NULL,
    VatTo DATE NULL,
    CurId NVARCHAR(3) NOT NULL CHECK (length(CurId) <= 3)
);
