-- What "relay run" and the commands of an operator need of the relay's own tables in cobra. Placeholders: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.outbox TO relay_run
GO
GRANT UPDATE ON relay.outbox_id TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.delivery TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.[identity] TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.[year] TO relay_run
GO
GRANT SELECT, INSERT, DELETE ON relay.paused TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.audit TO relay_run
GO
GRANT UPDATE ON relay.audit_id TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.route TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.decision TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.mailed TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.comparison TO relay_run
GO
GRANT SELECT ON relay.source_version TO relay_run
