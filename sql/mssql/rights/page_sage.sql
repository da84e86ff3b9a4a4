-- What the journal of "relay page" needs of the relay's own tables in a Sage year. Placeholders: none.
GRANT SELECT ON relay.applied TO relay_page
GO
GRANT SELECT ON relay.link TO relay_page
GO
GRANT SELECT ON relay.debtor TO relay_page
GO
GRANT SELECT ON relay.booking TO relay_page
GO
GRANT SELECT ON relay.peer TO relay_page
GO
GRANT SELECT ON relay.target_version TO relay_page
