"""The JSON Grafana reads, made of the tables of panels: deploy/grafana/dashboards/indexer.json.

`pytest tests/deploy/test_grafana.py --update-goldens` writes the file. A panel's id is its place in its table, so new
panels go to the end of their row.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.deploy.panels import DAEMON, Panel
from tests.deploy.panels_streams import STREAMS

UID = "indexer"
_WIDTH = 24
_PER_ROW = 3
_HEIGHT = 8
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SECTION_IDS = 100  # ids of the panels of one section
SECTIONS = DAEMON | STREAMS


def panels() -> Iterator[Panel]:
    """All of them."""
    for section in SECTIONS.values():
        yield from section


def file_bytes() -> bytes:
    """The file's bytes."""
    return orjson.dumps(_dashboard(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _dashboard() -> dict[str, Any]:
    return {
        "uid": UID,
        "title": "Solana Liquidity Indexer",
        "tags": ["solana", "nats"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_datasource(), _programs()]},
        "panels": list(_placed()),
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1}


def _programs() -> dict[str, Any]:
    query = "label_values(indexer_swaps_total, program)"
    return {
        "name": "program", "label": "Program", "type": "query", "datasource": _DATASOURCE, "definition": query,
        "query": {"query": query, "refId": "program"}, "refresh": 2, "sort": 1, "multi": True, "includeAll": True,
        "allValue": ".*", "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def _placed() -> Iterator[dict[str, Any]]:
    """Rows and their panels, three beside each other."""
    y = 0
    for number, (title, section) in enumerate(SECTIONS.items(), start=1):
        first = number * _SECTION_IDS
        place = {"x": 0, "y": y, "w": _WIDTH, "h": 1}
        yield {"id": first, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        y += 1
        width = _WIDTH // _PER_ROW
        for index, panel in enumerate(section):
            row, column = divmod(index, _PER_ROW)
            place = {"x": column * width, "y": y + row * _HEIGHT, "w": width, "h": _HEIGHT}
            yield _drawn(panel, first + index + 1, place)
        y += -(-len(section) // _PER_ROW) * _HEIGHT


def _drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + index), "datasource": _DATASOURCE, "expr": expression, "legendFormat": legend,
            "instant": table, "range": not table, "format": "table" if table else "time_series",
        }
        for index, (expression, legend) in enumerate(panel.queries)
    ]  # fmt: skip
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {} if panel.kind != "stat" else {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area"},
        "targets": targets,
    }
