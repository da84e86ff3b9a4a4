"""Knows of which amounts a sample shows nothing but that they are as whole as the others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from relay.admin.learning.line import Setting
from relay.admin.learning.pairing import PairedTable
from relay.sage.reference import AMOUNTS

Rows = Sequence[Mapping[str, object]]


def is_in_centimes(line: Setting) -> bool:
    """Tell whether a line says of an amount that it is in centimes."""
    return line.section.startswith("amounts.") and "minor" in line.value


def of_other_amounts(
    pairings: Sequence[PairedTable], lines: Sequence[Setting], raised: Mapping[str, Rows]
) -> Iterator[Setting]:
    """Propose centimes for amounts that are zero in the sample, or that were only raised.

    Where others are in centimes and these stand in whole numbers too, they are what they look like.
    """
    said = {(line.section, line.name) for line in lines}
    tables: dict[str, Rows] = {
        pairing.table: [pairing.by_tag(pair.sage) for pair in pairing.pairs] for pairing in pairings
    }
    tables |= raised
    for table, rows in tables.items():
        for tag in (t for t in AMOUNTS_IN_ORDER if rows and t in rows[0]):
            values = [row[tag] for row in rows]
            is_whole = all(isinstance(value, int) for value in values)
            if is_whole and (f"amounts.{table}", tag) not in said:
                count = (len(values), len(values))
                yield Setting(f"amounts.{table}", tag, '"minor"', "learnt_why_whole", count)


AMOUNTS_IN_ORDER = sorted(AMOUNTS - {"Rate"})
