"""The files for Prometheus and Grafana are right, and know only figures that the relay shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from relay.base import texts
from relay.base.files import ops_folder
from relay.engine.service import Parts
from relay.extras.metrics.serving import Figures
from relay.settings.parts import Metrics
from tests.world.databases import Databases
from tests.world.office import Office

FOLDER = ops_folder() / "monitoring"
NAME = re.compile(r"\brelay_[a-z_]+")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def strings(value: Any) -> Iterator[str]:
    """Yield each text within a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in strings(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in strings(one))


@pytest.fixture
def shown(databases: Databases) -> set[str]:
    """Return the names of all figures that a relay shows."""
    office = Office(databases)
    figures = Figures(office.settings, Metrics(port=9469), office.relay_engine())
    parts = figures.joined(Parts())
    assert parts.milestone is not None
    parts.milestone("chore:recheck")
    families = list(figures.registry.collect())
    samples = {sample.name for family in families for sample in family.samples}
    counters = {f"{family.name}_total" for family in families if family.type == "counter"}
    return samples | counters | {family.name for family in families if family.type == "gauge"}


def test_rules_know_only_figures_that_are_there(shown: set[str]) -> None:
    """A figure that is renamed would silence its alert."""
    for rule in rules():
        named = set(NAME.findall(rule["expr"]))
        assert named, rule
        assert named <= shown, rule["alert"]


def test_dashboard_knows_only_figures_that_are_there(shown: set[str]) -> None:
    board = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    named = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    assert named
    assert named <= shown


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_guide_names_all_figures(shown: set[str], language: str) -> None:
    """What the guide names is there, and what is there it names."""
    guide = (FOLDER.parent / f"monitoring.{language}.md").read_text(encoding="utf-8")
    rows = {NAME.match(line[3:]) for line in guide.splitlines() if line.startswith("| `relay_")}
    named = {row[0] for row in rows if row}
    created = {name for name in shown if name.endswith("_created")}
    ours = {name for name in shown if name.startswith("relay_")} - created
    assert {name.removesuffix("_info") for name in named} == {
        name.removesuffix("_info") for name in ours
    }


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_each_alert_speaks_both_languages(rule: dict[str, Any]) -> None:
    for name in ("summary", "description"):
        assert rule["annotations"][name]
        assert rule["annotations"][f"{name}_de"]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_prometheus_takes_the_rules() -> None:
    """Prometheus' own tool reads the file, where it is installed."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run(  # noqa: S603 - the tool that was found
        [tool, "check", "rules", str(FOLDER / "alerts.yml")],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
