"""The alert rules: what Prometheus' own tool says of them, and that they speak of metrics and commands we have."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import drift
from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.rpc_errors import RpcError
from indexer.settings_flags import environment_name

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
RULES = sorted(FOLDER.glob("rules*.yml"))
TEXT = "\n".join(path.read_text() for path in RULES)
#: what Prometheus itself adds to every sample, and the one metric it makes of a scrape
SCRAPE_LABELS = {"__name__", "job", "instance"}
TESTS = sorted((FOLDER / "tests").glob("*.yml"))


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool here: make ci-tools installs it")
    return found


def run(*words: str | Path) -> str:
    environment = os.environ | {"GOGC": "400"}  # its garbage collector is a fifth of what a run of the tests costs
    result = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False, env=environment)
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
    yield from re.findall(r"^ +expr: (.*?)(?=^ +(?:for|labels|- \w+|#)\b|^ *$|\Z)", TEXT, re.MULTILINE | re.DOTALL)


def recorded() -> dict[str, str]:
    """Our own series by name, with what they are made of."""
    return dict(re.findall(r"- record: (\S+)\n +expr: (.*?)(?=^ +(?:- |#)|^ *$|\Z)", TEXT, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_promtool_finds_nothing_wrong_with_the_rules(promtool: str, path: Path) -> None:
    assert "SUCCESS" in run(promtool, "check", "rules", "--lint-fatal", path)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_only_then(promtool: str, path: Path) -> None:
    assert "SUCCESS" in run(promtool, "test", "rules", path)


def test_every_alert_is_shown_firing_and_not_firing() -> None:
    alerts = re.findall(r"- alert: (\w+)", TEXT)
    assert len(alerts) == len(set(alerts))
    text = "\n".join(path.read_text() for path in TESTS)
    assert set(alerts) == set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels", text))
    assert set(alerts) == set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", text))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_a_test_loads_the_rules_it_is_about(path: Path) -> None:
    """An alert that is nowhere in its files does not fire either; rules of other files are evaluated for nothing."""
    text = path.read_text()
    loaded = "".join((path.parent / name).read_text() for name in re.findall(r"^  - (\S+\.yml)$", text, re.MULTILINE))
    assert set(re.findall(r"alertname: (\w+)", text)) <= set(re.findall(r"- alert: (\w+)", loaded))


def test_every_recorded_series_is_shown_with_a_value() -> None:
    text = "\n".join(path.read_text() for path in TESTS)
    shown = re.findall(r"- expr: (?:round\()?(dex:[\w:]+).*\n.*\n +exp_samples: \[\{labels", text)
    assert sorted(shown) == sorted(recorded())


def test_rules_speak_of_our_metrics_and_their_labels_alone() -> None:
    names, made, everything = exposed(), recorded(), list(expressions())
    assert len(everything) == TEXT.count("- alert:") + TEXT.count("- record:")
    for expression in everything:
        whole = expression + "".join(made[name] for name in re.findall(r"dex:[\w:]+", expression))
        used = re.findall(r"\bindexer_\w+", whole)
        assert used or re.search(r'\bup\{job="indexer', whole)
        assert set(used) <= set(names), expression
        labels = set().union(*(names[name] for name in used))
        grouped = {
            label.strip() for found in re.findall(r"\b(?:by|on) \(([^)]*)\)", whole) for label in found.split(",")
        }
        matched = {label for found in re.findall(r"\{([^}]*)\}", whole) for label in re.findall(r"(\w+) *[=!]", found)}
        assert grouped | matched <= labels | SCRAPE_LABELS, expression


def test_outcomes_that_are_no_failures_are_outcomes_there_are() -> None:
    (harmless,) = re.findall(r'outcome!~"([^"]+)"', recorded()["dex:rpc_failures:ratio15m"])
    assert set(harmless.split("|")) <= {kind.outcome for kind in RpcError.__subclasses__()} | {"ok", "cancelled"}


def test_every_alert_has_a_severity_and_says_what_to_do_next() -> None:
    alerts = TEXT.split("- alert: ")[1:]
    for alert in alerts:
        name = alert.partition("\n")[0]
        assert re.search(r"severity: (critical|warning)\n", alert), name
        assert re.search(r"summary: \"[^\"\n]+\"\n +description: >-\n", alert), name
        assert re.search(r"`(indexer|make) [^`]+`", alert), f"{name}: names no command"


def test_the_lines_of_the_log_an_alert_names_are_those_the_daemon_writes() -> None:
    quoted = re.findall(r'Find "([^"]+)" with', re.sub(r"\s+", " ", TEXT))
    assert sorted(quoted) == sorted((drift.UNKNOWN, drift.DEAD, drift.DIFFER))


def test_other_lines_of_the_log_that_are_quoted_are_written_somewhere() -> None:
    quoted = re.findall(r'(?:log says|once|log) \(?"([^"]+)"', re.sub(r"\s+", " ", TEXT))
    assert len(quoted) == 3
    source = "\n".join(path.read_text() for path in (FOLDER.parents[1] / "indexer").glob("*.py"))
    assert [line for line in quoted if line not in source] == []


def test_settings_and_series_that_are_named_to_people_exist() -> None:
    prose = "\n".join(re.findall(r"description: >-\n(.*?)(?=^ *$|\Z)", TEXT, re.MULTILINE | re.DOTALL))
    known = {environment_name(name) for name in Settings.model_fields}
    assert set(re.findall(r"\bINDEXER_[A-Z_]+", prose)) <= known
    named = set(re.findall(r"\bindexer_\w+", prose))
    assert {name for name in named if name not in exposed() and f"{name}_bucket" not in exposed()} == set()
    assert set(re.findall(r"dex:[\w:]+", prose)) <= set(recorded())
    flags = {f"--{name.replace('_', '-')}" for name in Settings.model_fields}
    assert set(re.findall(r"--[a-z-]+", prose)) <= flags | {
        "--replay-from-slot",
        "--republish",
        "--start",
        "--dead",
        "--seq",
    }


def table() -> Iterator[str]:
    """Every alert for the README; what a summary fills in stands as the label's name, a figure as N."""
    yield "| alert | severity | for | meaning |"
    yield "|---|---|---|---|"
    for text in TEXT.split("- alert: ")[1:]:
        name = text.partition("\n")[0]
        given = {key: re.search(rf"^ +{key}: (.+)$", text, re.MULTILINE) for key in ("severity", "for", "summary")}
        severity, held, summary = (found[1].strip('"') if found else "" for found in given.values())
        meaning = re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"*\1*", re.sub(r"\{\{ \$value[^}]*\}\}B?", "N", summary))
        yield f"| `{name}` | {severity} | {held} | {meaning} |"


def test_the_table_of_the_readme_is_that_of_the_rules(request: pytest.FixtureRequest) -> None:
    readme = FOLDER / "README.md"
    text = readme.read_text()
    pattern = re.compile(r"(<!-- alerts: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
    fresh = pattern.sub(lambda found: found[1] + "".join(f"{row}\n" for row in table()) + found[2], text)
    if request.config.getoption("--update-goldens"):
        readme.write_text(fresh)
    assert fresh == readme.read_text(), "run: pytest tests/deploy/test_prometheus.py --update-goldens"
    assert "rules*.yml" in text
