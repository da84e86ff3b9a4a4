-- What the relay needs to keep what Sage answers, besides its rights to record documents. Placeholders: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.sage_item TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.customer TO relay_run
GO
GRANT SELECT, INSERT, UPDATE, DELETE ON relay.difference TO relay_run
GO
GRANT SELECT, INSERT, UPDATE ON relay.answer_year TO relay_run
