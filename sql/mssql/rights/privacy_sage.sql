-- What "relay privacy" needs of the relay's own tables in a Sage year. Placeholders: none.
GRANT SELECT ON SCHEMA::relay TO relay_privacy
GO
GRANT UPDATE ON relay.link TO relay_privacy
GO
GRANT UPDATE ON relay.peer TO relay_privacy
