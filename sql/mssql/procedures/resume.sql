-- Ends the pause of a Sage year, or the one of all; what waited for it goes on by itself. Parameters: reason, year, all.
CREATE PROCEDURE relay.resume
    @reason nvarchar(max), -- a shorter one would be cut unseen
    @year nvarchar(50) = NULL,
    @all bit = 0
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET ROWCOUNT 0; -- the session's limit would cut off what is done
    DECLARE @scope nvarchar(50) = COALESCE(@year, N'*');
    DECLARE @message nvarchar(2000);
    IF COALESCE(LTRIM(@reason), N'') = N''
        THROW 50001, N'Ohne Grund geschieht nichts: bitte @reason = N''…'' angeben. / Nothing is done without a reason: please give @reason = N''…''.', 1;
    IF LEN(@reason COLLATE Latin1_General_100_BIN2) > 1000
        THROW 50007, N'Der Grund ist zu lang: höchstens 1000 Zeichen, bitte kürzen. / The reason is too long: 1000 characters at most, please shorten it.', 1;
    IF (@all = 1 AND @year IS NOT NULL) OR (COALESCE(@all, 0) = 0 AND @year IS NULL)
        THROW 50004, N'Welches Jahr? Bitte @year oder für alle @all = 1 angeben. / Which year? Please give @year, or @all = 1 for all.', 1;

    BEGIN TRANSACTION;
    DELETE FROM relay.paused WHERE scope = @scope;
    IF @@ROWCOUNT <> 1
    BEGIN
        SET @message = @scope + N' ist nicht angehalten; was angehalten ist, zeigt SELECT * FROM relay.paused. / '
            + @scope + N' is not paused; SELECT * FROM relay.paused shows what is.';
        THROW 50006, @message, 1;
    END;
    INSERT INTO relay.audit (who, action, subject, reason, detail)
    VALUES (ORIGINAL_LOGIN(), N'resume', @scope, @reason, N'[]');
    COMMIT TRANSACTION;
    SELECT p.scope, p.reason, p.created_by, p.created_at FROM relay.paused AS p ORDER BY p.scope;
END
