-- What "relay migrate" needs in any database: to build in the relay's own schema. Placeholders: none.
--
-- The schema belongs to dbo, like the captured tables: so a clerk's save may write to the outbox
-- without a right on it. Whoever installs gets no right on anybody else's schema.
IF SCHEMA_ID(N'relay') IS NULL EXEC(N'CREATE SCHEMA relay AUTHORIZATION dbo')
GO
GRANT ALTER, CREATE SEQUENCE, REFERENCES, VIEW DEFINITION ON SCHEMA::relay TO relay_installer
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::relay TO relay_installer
GO
GRANT CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION TO relay_installer
