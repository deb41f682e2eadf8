"""The last resort of the command line: a bug is told in full, but for what must not be told."""

from pathlib import Path

import pytest

from indexer.__main__ import _parser, _without_secrets


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_traceback_holds_no_key_in_any_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://node.example/v2/hunter1/?api-key=hunter2"
    monkeypatch.setenv("SOLANA_RPC_URL", f"{url},https://me:hunter3@b.example")
    monkeypatch.setenv("NATS_URL", "nats://me:hunter4@nats.example")
    words = ["run", "--nats-password", "hunter5", "--nats-token=hunter6"]
    args = _parser(words).parse_args(words)
    told = f"""Traceback: POST {url} failed: path=/v2/hunter1/ query=api-key=hunter2
    b.example refused me:hunter3; nats.example refused me:hunter4, then hunter4, hunter5 and hunter6"""
    shown = _without_secrets(told, args)
    assert "hunter" not in shown
    assert shown.startswith("Traceback: POST https://node.example/")
    assert "nats.example refused" in shown
