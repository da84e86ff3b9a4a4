"""Knows what a profile may say: the tables and tags that there are, and what goes together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from relay.sage.reference import (
    AMOUNTS,
    DAYS,
    KEYS,
    MEANINGS,
    REFERENCE,
    REQUIRED,
    SIGNED,
    WRITTEN_MEANINGS,
    known_tags,
)
from relay.settings import Profile
from relay.settings.mistakes import nearest
from relay.settings.profile import Constant, Counter, Expression
from relay.settings.whole import Complaint

TABLES = ("tables", "columns", "constants", "only", "keys", "codes", "amounts", "dates")
"""The sections that name a table."""
TAGS: Mapping[str, Mapping[str, Collection[str]]] = {
    "columns": {name: known_tags(name) for name in REFERENCE},
    "codes": MEANINGS,
    "amounts": {
        name: [t for t in known_tags(name) if t in AMOUNTS - {"Rate"}] for name in REFERENCE
    },
    "dates": {name: [t for t in known_tags(name) if t in DAYS] for name in REFERENCE},
}
"""The sections that name a tag of a table, and those that are possible there."""
IN_A_DOCUMENT = {Expression.DOCUMENT: ("Blg", "Bk"), Expression.PLACE: ("Bk",)}
"""Expressions that only rows of these tables have."""
OF_A_ROW = (Expression.USER, Expression.NOW, Expression.GUID, *IN_A_DOCUMENT)
"""Expressions by which no row can be found."""


def problems_of(profile: Profile) -> list[Complaint]:
    """Return all that is wrong with a profile."""
    checks = (_names, _needed, _constants, _keys, _codes, _amounts)
    return [problem for check in checks for problem in check(profile)]


def _names(profile: Profile) -> Iterator[Complaint]:
    for part in TABLES:
        section: Mapping[str, Any] = getattr(profile, part)
        for name, inside in section.items():
            known = KEYS if part in ("constants", "keys") else REFERENCE
            if name not in known:
                yield _unknown(f"sage.profile.{part}.{name}", "table", name, known)
                continue
            for tag in inside if part in TAGS else ():
                tags = TAGS[part].get(name, ())
                if tag not in tags:
                    yield _unknown(f"sage.profile.{part}.{name}.{tag}", "tag", tag, tags)


def _unknown(key: str, what: str, name: str, known: Collection[str]) -> Complaint:
    values: dict[str, object] = {"known": ", ".join(known) or "-"}
    if near := nearest(name, list(known)):
        code = {"table": "config_profile_table_near", "tag": "config_profile_tag_near"}[what]
        return key, code, values | {"near": near}
    return key, {"table": "config_profile_table", "tag": "config_profile_tag"}[what], values


def _needed(profile: Profile) -> Iterator[Complaint]:
    for name, renames in profile.columns.items():
        for tag, column in renames.items():
            needed = tag in REQUIRED.get(name, ())
            by_sign = (name, tag) == ("Bk", "Type") and _signs(profile) >= {"ValNt", "ValTx"}
            if not column and needed and not by_sign:
                yield f"sage.profile.columns.{name}.{tag}", "config_profile_needed", {}


def _signs(profile: Profile) -> set[str]:
    return {tag for tag, amount in profile.amounts.get("Bk", {}).items() if amount.by_side}


def _constants(profile: Profile) -> Iterator[Complaint]:
    for name, constants in profile.constants.items():
        for column, constant in constants.items():
            tables = _possible(constant)
            if tables is not None and name not in tables:
                key = f"sage.profile.constants.{name}.{column}"
                values: dict[str, object] = {"name": str(constant.value)}
                values |= {"tables": ", ".join(tables) or "-"}
                yield key, "config_profile_row", values
    for name, columns in profile.only.items():
        for column, value in columns.items():
            if value in OF_A_ROW:
                key = f"sage.profile.only.{name}.{column}"
                yield key, "config_profile_only", {"name": str(value)}


def _possible(constant: Constant) -> Collection[str] | None:
    """Return the tables whose rows have what a constant says; None: all."""
    if not isinstance(constant.value, Expression):
        return None
    tables = IN_A_DOCUMENT.get(constant.value)
    return () if tables is not None and constant.on != "insert" else tables


def _keys(profile: Profile) -> Iterator[Complaint]:
    for name, keys in profile.keys.items():
        for column, key in keys.items():
            is_document = (name, column) == ("Blg", "BlgNr") and isinstance(key, Counter)
            if column in REFERENCE.get(name, ()) and not is_document:
                yield f"sage.profile.keys.{name}.{column}", "config_profile_key_ours", {}


def _codes(profile: Profile) -> Iterator[Complaint]:
    for name, tags in profile.codes.items():
        for tag, codes in tags.items():
            meanings = MEANINGS.get(name, {}).get(tag)
            if meanings is None:
                continue  # told already
            key = f"sage.profile.codes.{name}.{tag}"
            for meaning in codes.keys() - meanings.keys():
                yield _unknown(f"{key}.{meaning}", "tag", meaning, meanings)
            missing = WRITTEN_MEANINGS.get(tag, meanings.keys()) - codes.keys()
            if missing:
                values: dict[str, object] = {"missing": ", ".join(sorted(missing))}
                yield key, "config_profile_codes_missing", values
            if len(set(map(str, codes.values()))) < len(codes):
                yield key, "config_profile_codes_twice", {}


def _amounts(profile: Profile) -> Iterator[Complaint]:
    for name, amounts in profile.amounts.items():
        for tag, amount in amounts.items():
            if amount.by_side and (name != "Bk" or tag not in SIGNED):
                values: dict[str, object] = {"known": ", ".join(sorted(SIGNED))}
                yield f"sage.profile.amounts.{name}.{tag}", "config_profile_sign", values
