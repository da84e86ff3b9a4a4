-- Lets nothing be written to a Sage year, or to any, until it is resumed. Parameters: reason, year, all.
CREATE PROCEDURE relay.pause
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
    IF @year IS NOT NULL AND NOT EXISTS (SELECT 1 FROM relay.year AS y WHERE y.name = @year)
    BEGIN
        SET @message = N'Das Jahr ' + @year + N' kennt das Relay nicht; SELECT * FROM relay.v_year zeigt die Jahre. / The relay knows no year '
            + @year + N'; SELECT * FROM relay.v_year shows the years.';
        THROW 50004, @message, 1;
    END;

    BEGIN TRANSACTION;
    INSERT INTO relay.paused (scope, reason, created_by)
    SELECT @scope, @reason, ORIGINAL_LOGIN()
    WHERE NOT EXISTS (SELECT 1 FROM relay.paused AS p WITH (UPDLOCK, HOLDLOCK) WHERE p.scope = @scope);
    IF @@ROWCOUNT <> 1
    BEGIN
        SET @message = @scope + N' ist schon angehalten; relay.resume setzt fort. / ' + @scope
            + N' is paused already; relay.resume goes on.';
        THROW 50005, @message, 1;
    END;
    INSERT INTO relay.audit (who, action, subject, reason, detail)
    VALUES (ORIGINAL_LOGIN(), N'pause', @scope, @reason, N'[]');
    COMMIT TRANSACTION;
    SELECT p.scope, p.reason, p.created_by, p.created_at FROM relay.paused AS p ORDER BY p.scope;
END
