"""What tests of the topology share: the files, copies of them with changes, and another value for each field."""

import json
import shutil
from pathlib import Path
from typing import Any

TOPOLOGY = Path(__file__).parents[2] / "deploy" / "jetstream"
FILES = sorted(TOPOLOGY.glob("*.json"))
#: another value for every field that stands in a file, as somebody might set it by hand
OTHER: dict[str, Any] = {
    "description": "by hand",
    "subjects": ["by.hand"],
    "retention": "interest",
    "storage": "memory",
    "discard": "new",
    "max_age": 7200 * 10**9,
    "max_bytes": 12_345_678,
    "duplicate_window": 60 * 10**9,
    "compression": "none",
    "num_replicas": 3,
    "allow_direct": False,
    "allow_atomic": False,
    "deliver_policy": "new",
    "ack_policy": "all",
    "ack_wait": 7 * 10**9,
    "max_deliver": 5,
    "max_ack_pending": 7,
    "replay_policy": "original",
    "filter_subject": "",
    "filter_subjects": ["dex.sol.swaps"],
}


def copied(folder: Path, file: str = "", **changes: Any) -> Path:
    """The files in a folder of their own; in ``file`` some keys have other values, and those of None are gone."""
    copy = folder / "jetstream"
    shutil.copytree(TOPOLOGY, copy)
    if file:
        config = json.loads((copy / file).read_text()) | changes
        (copy / file).write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return copy
