"""Settings as a person gives them: flag over environment over .env, clear errors, no secrets shown."""

import argparse
from pathlib import Path

import pytest

from indexer.errors import UsageError
from indexer.settings_flags import add_settings_flags, effective_settings, load_settings, secrets_of


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("INDEXER_CORPUS", "SOLANA_RPC_URL", "NATS_URL"):
        monkeypatch.delenv(name, raising=False)


def flags(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_settings_flags(parser)
    return parser.parse_args(words)


def test_flag_over_environment_over_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("INDEXER_LOOKAHEAD_SLOTS=3\nINDEXER_LISTING_SLOTS=30\nINDEXER_DRAIN_SECONDS=7\n")
    monkeypatch.setenv("INDEXER_LOOKAHEAD_SLOTS", "4")
    monkeypatch.setenv("INDEXER_LISTING_SLOTS", "40")
    settings = load_settings(flags("--lookahead-slots", "5"))
    assert (settings.lookahead_slots, settings.listing_slots, settings.drain_seconds) == (5, 40, 7)
    shown = {item.name: item.source for item in effective_settings(flags("--lookahead-slots", "5"))}
    assert shown["lookahead_slots"] == "flag"
    assert shown["listing_slots"] == "environment"
    assert shown["drain_seconds"] == ".env"
    assert shown["programs"] == "default"


def test_a_wrong_value_names_flag_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_LOOKAHEAD_SLOTS", "0")
    with pytest.raises(UsageError, match=r"--lookahead-slots \(INDEXER_LOOKAHEAD_SLOTS\): .*greater than 0"):
        load_settings(flags())


def test_an_unknown_variable_is_refused_with_its_near_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_PROGRAM", "all")
    with pytest.raises(UsageError, match="unknown setting INDEXER_PROGRAM") as error:
        load_settings(flags())
    assert "INDEXER_PROGRAMS" in error.value.hint


def test_secrets_are_masked_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLANA_RPC_URL", "https://node.example/?api-key=hunter2,https://b.example/hunter3")
    monkeypatch.setenv("NATS_PASSWORD", "hunter4")
    monkeypatch.setenv("NATS_URL", "nats://me:hunter5@a:1,b:2")
    settings = load_settings(flags())
    shown = repr(settings) + str([*effective_settings(flags())])
    assert "hunter" not in shown
    assert "https://b.example/hunter3" in secrets_of(settings)
    assert settings.rpc_urls() == ("https://node.example/?api-key=hunter2", "https://b.example/hunter3")


def test_pubsub_is_derived_from_rpc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLANA_RPC_URL", "https://node.example/key,http://127.0.0.1:8899")
    assert load_settings(flags()).ws_urls() == ("wss://node.example/key", "ws://127.0.0.1:8900")


def test_programs_take_catalogue_slugs_too() -> None:
    assert load_settings(flags("--programs", "raydium-amm-v4, pumpswap")).programs == ("raydium_amm_v4", "pumpswap")
