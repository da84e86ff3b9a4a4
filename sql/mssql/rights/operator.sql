-- What a person needs to release, skip, resend, pause and resume in SQL. Placeholders: none.
GRANT EXECUTE ON relay.release TO relay_operator
GO
GRANT EXECUTE ON relay.skip TO relay_operator
GO
GRANT EXECUTE ON relay.resend TO relay_operator
GO
GRANT EXECUTE ON relay.pause TO relay_operator
GO
GRANT EXECUTE ON relay.resume TO relay_operator
