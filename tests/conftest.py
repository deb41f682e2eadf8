"""Fixtures every test area shares."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The recorded mainnet transactions, read in place."""
    path = (ROOT / os.environ.get("INDEXER_CORPUS", "../shared/corpus")).resolve()
    if not (path / "expected.jsonl").is_file():
        pytest.skip(f"no corpus at {path}; set INDEXER_CORPUS")
    return path
