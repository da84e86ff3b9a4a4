"""Knows where a font lies that has the letters of European names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


class Fonts(NamedTuple):
    """The files of one font."""

    plain: Path
    bold: Path


_KNOWN = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),  # Windows
    ("Arial.ttf", "Arial Bold.ttf"),  # macOS
)


def system_fonts() -> Iterator[Path]:
    """Yield the folders in which a system keeps its fonts."""
    yield Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "Fonts"
    yield from map(Path, ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts"))
    yield Path("/System/Library/Fonts")


def find_fonts(folders: Sequence[Path] | None = None) -> Fonts | None:
    """Return the first known font that is there, or None."""
    within = [one for one in (system_fonts() if folders is None else folders) if one.is_dir()]
    for plain, bold in _KNOWN:
        for folder in within:
            there = next(folder.rglob(plain), None)
            if there is not None and (there.parent / bold).is_file():
                return Fonts(there, there.parent / bold)
    return None
