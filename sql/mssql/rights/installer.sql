-- What "relay migrate" needs in any database: to build in the relay's own schema. Placeholders: none.
--
-- The schema belongs to dbo, like the captured tables: so a clerk's save may write to the outbox
-- without a right on it. CONTROL on it lets the installer grant what a migration drops and creates
-- anew. Who may create procedures in a schema of dbo's can reach dbo's other tables through them:
-- give this role to administrators only, and take it away after setting up.
IF SCHEMA_ID(N'relay') IS NULL EXEC(N'CREATE SCHEMA relay AUTHORIZATION dbo')
GO
GRANT CONTROL ON SCHEMA::relay TO relay_installer
GO
GRANT CREATE TABLE TO relay_installer
