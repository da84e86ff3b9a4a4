-- What "relay page" needs besides, so that operators may release, skip, resend, pause and resume there. Placeholders: none.
GRANT SELECT, INSERT, UPDATE ON relay.outbox TO relay_page_operator
GO
GRANT UPDATE ON relay.outbox_id TO relay_page_operator
GO
GRANT SELECT, UPDATE ON relay.delivery TO relay_page_operator
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.decision TO relay_page_operator
GO
GRANT SELECT, INSERT, DELETE ON relay.paused TO relay_page_operator
GO
GRANT INSERT ON relay.audit TO relay_page_operator
GO
GRANT UPDATE ON relay.audit_id TO relay_page_operator
