-- What "relay run" needs of the relay's own tables in a Sage year. Placeholders: none.
GRANT SELECT, INSERT, DELETE ON relay.applied TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.link TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.debtor TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.booking TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.peer TO relay_run
GO
GRANT SELECT ON relay.target_version TO relay_run
