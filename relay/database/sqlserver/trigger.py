"""Knows the T-SQL expressions of a capture trigger, which sees old and new rows as two sets.

`i` is `inserted`, `d` is `deleted`. A trigger's failure undoes the clerk's save, so nothing here
can fail: no conversions except to text.
"""

from __future__ import annotations

from relay.database.base import KEY_LENGTH
from relay.database.capture import Notice, noted
from relay.database.catalogue import ColumnInfo

_WHOLE = {"tinyint", "smallint", "int", "bigint"}
EXACT = {"decimal", "numeric"}
WIDE_TEXT = {"nchar", "nvarchar", "sysname"}
TEXT = {"char", "varchar"} | WIDE_TEXT
BINARY = {"binary", "varbinary"}
# Compared with <>. What is in none of these sets is refused: text, ntext and image are not in
# `inserted`; xml, geography, geometry and json cannot be compared; rowversion changes at each
# save; hierarchyid, sql_variant and other CLR types cannot be read by the driver.
_PLAIN = (
    _WHOLE
    | EXACT
    | {"bit", "money", "smallmoney", "float", "real", "uniqueidentifier"}
    | {"date", "time", "datetime", "datetime2", "smalldatetime"}
)
_PADDED = {"varchar", "nvarchar", "sysname", "varbinary"}
"""Types of any length, which are compared as if the shorter one were filled up."""
COMPARABLE = TEXT | BINARY | _PLAIN | {"datetimeoffset"}
WITH_ONE_TEXT = _WHOLE | TEXT | {"uniqueidentifier"}
"""Types whose values have one text each; of `EXACT` those without decimals, too."""
_BYTEWISE = "COLLATE Latin1_General_100_BIN2"
_LONGEST_NVARCHAR = 4000


def placeholders(notice: Notice) -> dict[str, str]:
    """Spell the one null-safe comparison out for each column."""
    return {
        "entity": _literal(notice.entity),
        "new_key": _key_text("i", notice.record),
        "old_key": _key_text("d", notice.record),
        "same_record": " AND ".join(map(_same, notice.alike)),
        "changed": _changed(notice),
        **noted(notice, _literal),
        "created_by": _created_by(notice),
    }


def _literal(value: str) -> str:
    return "N'" + value.replace("'", "''") + "'"


def _of(alias: str, column: ColumnInfo) -> str:
    return f"{alias}.{column.quoted}"


def _key_text(alias: str, key: ColumnInfo) -> str:
    return f"CONVERT(nvarchar({KEY_LENGTH}), {_of(alias, key)})"


def _same(key: ColumnInfo) -> str:
    """Return the join of old and new row; a key's case and trailing blanks count."""
    if key.type not in TEXT:
        return f"{_of('i', key)} = {_of('d', key)}"
    return (
        f"{_key_text('i', key)} = {_key_text('d', key)} {_BYTEWISE}"
        f" AND DATALENGTH({_of('i', key)}) = DATALENGTH({_of('d', key)})"
    )


def _changed(notice: Notice) -> str:
    parts = [
        f"CASE WHEN {_differs(column)} THEN {_literal(f',{notice.changed(field)}')} ELSE N'' END"
        for field, column in notice.fields.items()
    ]
    return f"\n{' ' * 20}+ ".join(parts)


def _differs(column: ColumnInfo) -> str:
    new, old = _of("i", column), _of("d", column)
    if column.type in TEXT:
        values = [f"{_wide(new, column)} <> {_wide(old, column)} {_BYTEWISE}"]
    elif column.type == "datetimeoffset":  # <> would not see that only the offset changed
        values = [f"CONVERT(nvarchar(40), {new}, 121) <> CONVERT(nvarchar(40), {old}, 121)"]
    else:
        values = [f"{new} <> {old}"]
    if column.type in _PADDED:  # <> would not see trailing blanks or zero bytes
        values.append(f"DATALENGTH({new}) <> DATALENGTH({old})")
    one_is_null = [f"({a} IS NULL AND {b} IS NOT NULL)" for a, b in ((new, old), (old, new))]
    return " OR ".join([*values, *one_is_null])


def _wide(value: str, column: ColumnInfo) -> str:
    """Return a text as Unicode: the comparison's own code page lacks letters of others."""
    if column.type in WIDE_TEXT:
        return value
    return f"CONVERT({_nvarchar(column)}, {value})"


def _nvarchar(column: ColumnInfo) -> str:
    if column.length is None or column.length > _LONGEST_NVARCHAR:
        return "nvarchar(max)"
    return f"nvarchar({column.length})"


def _created_by(notice: Notice) -> str:
    if notice.changed_by is None:
        return "ORIGINAL_LOGIN()"
    written = f"CONVERT(nvarchar(128), {_of('i', notice.changed_by)})"
    return f"COALESCE(NULLIF({written}, N''), ORIGINAL_LOGIN())"
