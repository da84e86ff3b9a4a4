"""What the written example says about invoices is right once it is uncommented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relay.base import texts
from relay.cli.init import example
from relay.settings import read_settings

SETTING = re.compile(r"# (?=\[|[a-z_]+ = )")
"""What is commented out is a section or a setting; the rest is prose."""


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_uncommented_example_is_right(tmp_path: Path, language: str) -> None:
    """Whoever uncomments all three sections and sets the mode has a working configuration."""
    told = example(language)
    begin = told.index("# [cobra.invoice]")
    end = told.index("[map]")
    sections = SETTING.sub("", told[begin:end])
    rest = told[end:]
    stop = rest.index("# [sage.profile.tables]")
    rest = SETTING.sub("", rest[:stop]) + rest[stop:]
    file = tmp_path / "relay.toml"
    whole = told[:begin] + sections + rest.replace('mode = "addresses"', 'mode = "invoices"')
    file.write_text(whole, encoding="utf-8")
    settings = read_settings(file)
    assert settings.invoices is not None
    assert settings.sage.collective_account == {"CHF": "1100"}
    assert settings.map.of("kind") == {"R": "invoice", "G": "credit-note"}
