-- What the relay needs to note how things are, and the command "relay page user". Placeholders: none.
GRANT SELECT, INSERT, DELETE ON relay.measure TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.page_user TO relay_run
