-- What "relay privacy" needs of the relay's own tables in cobra: to see all of them, and to take a person out. Placeholders: none.
--
-- SELECT on the schema, since what is not seen would not be shown, nor erased.
GRANT SELECT ON SCHEMA::relay TO relay_privacy
GO
GRANT UPDATE ON relay.outbox TO relay_privacy
GO
GRANT UPDATE ON relay.delivery TO relay_privacy
GO
GRANT UPDATE ON relay.[year] TO relay_privacy
GO
GRANT UPDATE ON relay.paused TO relay_privacy
GO
GRANT INSERT, UPDATE ON relay.audit TO relay_privacy
GO
GRANT UPDATE ON relay.audit_id TO relay_privacy
GO
GRANT INSERT, UPDATE, DELETE ON relay.decision TO relay_privacy
GO
GRANT UPDATE ON relay.mailed TO relay_privacy
GO
GRANT UPDATE ON relay.document TO relay_privacy
GO
GRANT UPDATE ON relay.document_position TO relay_privacy
GO
GRANT UPDATE ON relay.sage_item TO relay_privacy
GO
GRANT UPDATE ON relay.customer TO relay_privacy
GO
GRANT UPDATE ON relay.difference TO relay_privacy
