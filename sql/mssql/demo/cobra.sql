-- The demo's address table of cobra. Parameters: none.
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
    TERMS0 nvarchar(20) NULL,
    ADDRTYPE0 nvarchar(50) NULL,
    SAGENR0 nvarchar(20) NULL,
    DELETED0 bit NOT NULL CONSTRAINT DF_ADDRESSES_DELETED0 DEFAULT 0,
    CHANGEDBY0 nvarchar(50) NULL,
    NOTES0 nvarchar(max) NULL
)
GO
