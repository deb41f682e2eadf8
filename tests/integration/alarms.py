"""Whether the project's alert rules would have fired on what a service showed: scrapes into Prometheus' own tool."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "rules-consumers.yml"


def fired(folder: Path, scrapes: Sequence[str], every: str, name: str, alert: Mapping[str, str]) -> bool | None:
    """Whether ``alert``, by its labels, fires at the last of ``scrapes`` of metric ``name``, which lie ``every`` apart.

    None where promtool is not installed. A wrong answer of the tool itself is an AssertionError.
    """
    promtool = shutil.which("promtool")
    if promtool is None:
        return None
    series: dict[str, list[float]] = {}
    for text in scrapes:
        for sample in (one for family in text_string_to_metric_families(text) for one in family.samples):
            if sample.name == name:
                series.setdefault(_selector(name, sample.labels), []).append(sample.value)
    labels = {"alertstate": "firing", **alert}
    case = {
        "interval": every,
        "input_series": [
            {"series": one, "values": " ".join(f"{value:g}" for value in values)} for one, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": _selector("ALERTS", {"alertname": alert["alertname"], "alertstate": "firing"}),
                "eval_time": f"{(len(scrapes) - 1) * int(every.removesuffix('s'))}s",
                "exp_samples": [{"labels": _selector("ALERTS", labels), "value": 1}],
            }
        ],
    }
    file = folder / "scraped.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": every, "tests": [case]}))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, timeout=240, check=False)
    said = done.stdout + done.stderr
    assert "SUCCESS" in said or "FAILED" in said, said
    return done.returncode == 0


def _selector(name: str, labels: Mapping[str, str]) -> str:
    inner = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inner}}}"
