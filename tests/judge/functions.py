"""The functions that T-SQL may call: since which version and level, and what they give."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

OLDEST_SERVER = 2016
LOWEST_LEVEL = 100
"""What a database may have that an old server made: the doctor has nothing against it."""


class Gives(Enum):
    """What a function's value is, as far as collations are concerned."""

    NO_TEXT = auto()
    TEXT = auto()
    """A text of its own: coercible-default."""
    OPERANDS = auto()
    """A text with the collation of its operands, which must agree."""
    NO_TEXT_OF_OPERANDS = auto()
    """No text, but its operands must agree."""


class Function(NamedTuple):
    """A built-in function."""

    since: int
    """The first version of SQL Server that has it."""
    level: int
    """The lowest compatibility level at which it is there."""
    gives: Gives


def _known(since: int, level: int, gives: Gives, names: str) -> dict[str, Function]:
    return {name: Function(since, level, gives) for name in names.split()}


FUNCTIONS: dict[str, Function] = (
    _known(
        2008,
        80,
        Gives.NO_TEXT,
        "abs applock_test avg ceiling checksum col_length columnproperty count count_big day"
        " datalength dateadd datediff datepart db_id dense_rank exp fileproperty floor getdate"
        " getutcdate has_perms_by_name hashbytes indexproperty is_member is_rolemember"
        " is_srvrolemember isdate isnumeric month newid object_id objectproperty objectpropertyex"
        " power rank round row_number schema_id scope_identity serverproperty sign sqrt stdev sum"
        " sysdatetime sysdatetimeoffset sysutcdatetime todatetimeoffset type_id unicode ascii"
        " user_id xact_state year error_number error_line error_severity error_state rand var"
        " switchoffset sql_variant_property database_principal_id nodes exist query",
    )
    | _known(
        2008,
        80,
        Gives.TEXT,
        "app_name char col_name databasepropertyex datename db_name error_message"
        " error_procedure host_name index_col nchar object_definition object_name"
        " object_schema_name original_login permissions quotename schema_name space str"
        " suser_name suser_sname type_name user_name value",
    )
    | _known(
        2008,
        80,
        Gives.OPERANDS,
        "coalesce isnull left lower ltrim max min nullif replace replicate reverse right rtrim"
        " stuff substring upper",
    )
    | _known(2008, 80, Gives.NO_TEXT_OF_OPERANDS, "charindex len patindex difference")
    | _known(2012, 80, Gives.OPERANDS, "choose concat first_value iif lag last_value lead")
    | _known(2012, 80, Gives.TEXT, "format")
    | _known(
        2012,
        80,
        Gives.NO_TEXT,
        "datefromparts datetime2fromparts eomonth percent_rank timefromparts try_cast",
    )
    | _known(2012, 110, Gives.OPERANDS, "try_convert parse try_parse")
    | _known(2016, 80, Gives.NO_TEXT, "datediff_big isjson compress decompress session_context")
    | _known(2016, 80, Gives.TEXT, "json_modify json_query json_value string_escape")
    | _known(2016, 130, Gives.TEXT, "openjson string_split")
    | _known(2017, 80, Gives.OPERANDS, "concat_ws string_agg translate trim")
    | _known(2019, 80, Gives.NO_TEXT, "approx_count_distinct")
    | _known(
        2022,
        160,
        Gives.OPERANDS,
        "date_bucket datetrunc generate_series greatest least json_array json_object"
        " json_path_exists",
    )
)
"""Everything of ours, and what of later versions is most easily taken by mistake."""

SYNTAX: dict[str, str] = {
    "TryConvertCall": "try_convert",
    "TryCastCall": "try_cast",
    "TryParseCall": "try_parse",
    "ParseCall": "parse",
    "IIfCall": "iif",
    "OpenJsonTableReference": "openjson",
}
"""What the parser knows as a word of the language to the function that it is."""


def objection(name: str, level: int) -> str | None:
    """Say why a function cannot be called on SQL Server 2016 at a compatibility level."""
    known = FUNCTIONS.get(name.lower())
    if known is None:
        return f"{name} is no function that is known to be there (195)"
    if known.since > OLDEST_SERVER:
        return f"{name} is there from SQL Server {known.since} only (195)"
    if known.level > level:
        return f"{name} needs compatibility level {known.level}, promised is {level} (195)"
    return None
