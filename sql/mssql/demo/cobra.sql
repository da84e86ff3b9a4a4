-- The demo's tables of cobra: addresses, invoices and their positions. Parameters: none.
CREATE TABLE dbo.ADDRESSES (
    ID int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_ADDRESSES PRIMARY KEY,
    MAINID int NULL,
    COMPANY1 nvarchar(100) NULL,
    COMPANY2 nvarchar(100) NULL,
    SALUTATION0 nvarchar(50) NULL,
    LASTNAME0 nvarchar(60) NULL,
    FIRSTNAME0 nvarchar(60) NULL,
    STREET0 nvarchar(100) NULL,
    HOUSENO0 nvarchar(20) NULL,
    ZIP0 nvarchar(20) NULL,
    CITY0 nvarchar(100) NULL,
    COUNTRY0 nvarchar(50) NULL,
    LANGUAGE0 nvarchar(50) NULL,
    PHONE0 nvarchar(50) NULL,
    UIDNO0 nvarchar(50) NULL,
    TERMS0 nvarchar(20) NULL,
    ADDRTYPE0 nvarchar(50) NULL,
    SAGENR0 nvarchar(20) NULL,
    DELETED0 bit NOT NULL CONSTRAINT DF_ADDRESSES_DELETED0 DEFAULT 0,
    CHANGEDBY0 nvarchar(50) NULL,
    NOTES0 nvarchar(max) NULL
)
GO
CREATE TABLE dbo.INVOICES (
    ID int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_INVOICES PRIMARY KEY,
    ADDRESSID int NULL,
    NUMBER nvarchar(20) NULL,
    KIND nvarchar(5) NULL,
    CORRECTS nvarchar(20) NULL,
    INVOICEDATE date NULL,
    DUEDATE date NULL,
    PRINTEDON datetime NULL,
    CANCELLED bit NOT NULL CONSTRAINT DF_INVOICES_CANCELLED DEFAULT 0,
    MANDANT int NULL,
    COSTCENTRE nvarchar(20) NULL,
    CURRENCY nvarchar(5) NULL,
    RATE decimal(18, 6) NULL,
    TERMS nvarchar(20) NULL,
    REFERENCE nvarchar(40) NULL,
    IBAN nvarchar(40) NULL,
    SUBJECT nvarchar(200) NULL,
    GROSS decimal(18, 2) NULL,
    ROUNDING decimal(18, 2) NULL,
    CHANGEDBY0 nvarchar(50) NULL,
    NOTES0 nvarchar(max) NULL
)
GO
CREATE TABLE dbo.POSITIONS (
    ID int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_POSITIONS PRIMARY KEY,
    INVOICEID int NULL,
    LINE int NULL,
    ARTICLE nvarchar(50) NULL,
    [TEXT] nvarchar(200) NULL,
    QUANTITY decimal(18, 4) NULL,
    PRICE decimal(18, 4) NULL,
    NET decimal(18, 2) NULL,
    ACCOUNT nvarchar(20) NULL,
    VATCODE nvarchar(20) NULL,
    SUPPLIEDON date NULL,
    SUPPLIEDUNTIL date NULL,
    VATRATE decimal(9, 4) NULL,
    VATAMOUNT decimal(18, 2) NULL,
    COSTCENTRE nvarchar(20) NULL,
    NOTES0 nvarchar(max) NULL
)
GO
CREATE INDEX IX_POSITIONS_INVOICEID ON dbo.POSITIONS (INVOICEID)
GO
