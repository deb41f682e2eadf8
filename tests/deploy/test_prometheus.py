"""The alert rules: what Prometheus' own tool says of them, and that they speak of metrics and commands we have."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import drift
from indexer.metrics import Metrics

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
RULES = FOLDER / "rules.yml"
TESTS = sorted((FOLDER / "tests").glob("*.yml"))


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool here: make ci-tools installs it")
    return found


def run(*words: str | Path) -> str:
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def exposed() -> dict[str, set[str]]:
    """Every name our /metrics can show, with its labels."""
    names: dict[str, set[str]] = {}
    for metric in vars(Metrics()).values():
        for suffix in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(
            getattr(metric, "_type", ""), ("",)
        ):
            if hasattr(metric, "_labelnames"):
                names[metric._name + suffix] = {*metric._labelnames, *(["le"] if suffix == "_bucket" else [])}
    return names


def expressions() -> Iterator[str]:
    """The text of each rule's ``expr``, to its next key."""
    yield from re.findall(r"^ +expr: (.*?)^ +(?:for|labels):", RULES.read_text(), re.MULTILINE | re.DOTALL)


def test_promtool_finds_nothing_wrong_with_the_rules(promtool: str) -> None:
    assert "SUCCESS" in run(promtool, "check", "rules", "--lint-fatal", RULES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_only_then(promtool: str, path: Path) -> None:
    assert "SUCCESS" in run(promtool, "test", "rules", path)


def test_every_alert_is_shown_firing_and_not_firing() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    text = "\n".join(path.read_text() for path in TESTS)
    assert alerts == set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels", text))
    assert alerts == set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", text))


def test_rules_speak_of_our_metrics_and_their_labels_alone() -> None:
    names, everything = exposed(), list(expressions())
    assert len(everything) == RULES.read_text().count("- alert:")
    for expression in everything:
        used = re.findall(r"\bindexer_\w+", expression)
        assert used
        assert set(used) <= set(names), expression
        labels = set().union(*(names[name] for name in used))
        grouped = {
            label.strip() for found in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in found.split(",")
        }
        matched = {
            label for found in re.findall(r"\{([^}]*)\}", expression) for label in re.findall(r"(\w+) *[=!]", found)
        }
        assert grouped | matched <= labels | {"__name__"}, expression


def test_every_alert_has_a_severity_and_says_what_to_do_next() -> None:
    text = RULES.read_text()
    alerts = text.split("- alert: ")[1:]
    for alert in alerts:
        name = alert.partition("\n")[0]
        assert re.search(r"severity: (critical|warning)\n", alert), name
        assert re.search(r"summary: \"[^\"\n]+\"\n +description: >-\n", alert), name
        assert re.search(r"`(indexer|make) [^`]+`", alert), f"{name}: names no command"


def test_the_lines_of_the_log_an_alert_names_are_those_the_daemon_writes() -> None:
    quoted = re.findall(r'Find "([^"]+)" with', re.sub(r"\s+", " ", RULES.read_text()))
    assert sorted(quoted) == sorted((drift.UNKNOWN, drift.DEAD, drift.DIFFER))
