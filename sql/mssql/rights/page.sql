-- What "relay page" needs of the relay's own tables in cobra to show them: it writes nothing. Placeholders: none.
GRANT SELECT ON relay.outbox TO relay_page
GO
GRANT SELECT ON relay.delivery TO relay_page
GO
GRANT SELECT ON relay.[identity] TO relay_page
GO
GRANT SELECT ON relay.[year] TO relay_page
GO
GRANT SELECT ON relay.paused TO relay_page
GO
GRANT SELECT ON relay.audit TO relay_page
GO
GRANT SELECT ON relay.route TO relay_page
GO
GRANT SELECT ON relay.decision TO relay_page
GO
GRANT SELECT ON relay.measure TO relay_page
GO
GRANT SELECT ON relay.page_user TO relay_page
GO
GRANT SELECT ON relay.source_version TO relay_page
