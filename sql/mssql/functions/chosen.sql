-- One row if a person means the entry; what is not given does not restrict, times are local. Parameters: id, entity, entity_key, error_code, created_at, entry, key, code, since, until.
-- Meets the outbox as relay/cobra/access.py says: CHOSEN.
CREATE FUNCTION relay.chosen (
    @id bigint,
    @entity nvarchar(20),
    @entity_key nvarchar(450),
    @error_code nvarchar(50),
    @created_at datetime2(3),
    @entry bigint,
    @key nvarchar(500),
    @code nvarchar(50),
    @since datetime2(3),
    @until datetime2(3)
)
RETURNS TABLE
AS
RETURN (
    SELECT 1 AS yes
    WHERE (
            @entry IS NULL
            OR EXISTS ( -- an entry stands for the older ones of its record
                SELECT 1
                FROM relay.outbox AS e WITH (READCOMMITTEDLOCK, FORCESEEK)
                WHERE e.id = @entry AND e.id >= @id AND e.entity = @entity AND e.entity_key = @entity_key
            )
        )
        AND (
            @key IS NULL
            OR (
                @entity IN (N'address', N'invoice') -- else the key alone finds no index
                AND @entity_key = @key COLLATE Latin1_General_100_BIN2
            )
            OR ( -- N'invoice:1': not the address 1
                @entity = LEFT(@key, CHARINDEX(N':', @key + N':') - 1)
                AND @entity_key = SUBSTRING(@key, CHARINDEX(N':', @key) + 1, 500) COLLATE Latin1_General_100_BIN2
            )
        )
        AND (@code IS NULL OR @error_code = @code)
        AND (
            @since IS NULL
            OR @created_at >= CONVERT(datetime2(3), @since AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC')
        )
        AND (
            @until IS NULL
            OR @created_at < CONVERT(datetime2(3), @until AT TIME ZONE 'W. Europe Standard Time' AT TIME ZONE 'UTC')
        )
);
