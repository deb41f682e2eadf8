"""The table of commands is whole, and a command starts with what it needs alone."""

import argparse
import gc
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.commands import COMMANDS, Command, Group, add_commands, module_of

ROOT = Path(__file__).resolve().parents[2]


#: by the words that give them
LEAVES: dict[str, Command] = {}
for _one in COMMANDS:
    if isinstance(_one, Group):
        LEAVES |= {f"{_one.name} {verb.name}": verb for verb in _one.verbs}
    else:
        LEAVES[_one.name] = _one


def loaded(*words: str) -> set[str]:
    """Every module, by its full name, that a start with these words imports."""
    command = [sys.executable, "-X", "importtime", "-m", "indexer", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_has_its_flags_its_function_and_examples_of_itself(words: str) -> None:
    parser, module = argparse.ArgumentParser(), module_of(LEAVES[words])
    module.add_arguments(parser)
    assert callable(parser.get_default("run"))
    assert f"indexer {words}" in module.EPILOG


def test_no_command_is_left_out_of_the_table() -> None:
    found = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "indexer").rglob("*.py")
        if "\nEPILOG = " in path.read_text()
    }
    assert found == {command.module for command in LEAVES.values()}


@pytest.mark.parametrize("words", [[], ["jetstream"], ["clickhouse"]])
def test_a_list_names_every_command_with_its_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    verbs = [one.verbs for one in COMMANDS if isinstance(one, Group) and [one.name] == words]
    listed: Sequence[Command | Group] = verbs[0] if verbs else COMMANDS
    assert " ".join(f"{one.name} {one.help}" for one in listed) in shown


@pytest.mark.parametrize("words", [["nosuch"], ["-5", "run"], ["-a b", "run"], ["", "run"], ["-", "run"]], ids=" ".join)
def test_what_is_no_command_is_told_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    told = capsys.readouterr().err
    assert f"argument COMMAND: invalid choice: '{words[0]}'" in told
    assert re.findall(r"[\w-]+", told.rpartition("choose from")[2]) == [one.name for one in COMMANDS]


@pytest.mark.parametrize("words", LEAVES)
def test_a_command_behind_a_wrong_flag_is_whole(words: str) -> None:
    parser = argparse.ArgumentParser()
    given = ["--foo", *words.split()]
    add_commands(parser, given)
    needed = ["x"] if words in {"sql", "jetstream backup", "jetstream restore"} else []
    args, unknown = parser.parse_known_args([*given, *needed])
    assert (callable(args.run), unknown) == (True, ["--foo"])


#: beginnings of the names of modules that a command's start must do without
WITHOUT = {
    "--help": "asyncio rich importlib.metadata pydantic aiohttp nats structlog decoders orjson indexer.config "
    "indexer.log",
    "programs": "asyncio pydantic aiohttp nats structlog indexer.config",
    "config": "aiohttp nats structlog decoders uvloop prometheus_client indexer.metrics",
    "sql": "aiohttp nats structlog decoders uvloop prometheus_client chdb clickhouse_connect",
    "chart": "aiohttp nats structlog uvloop prometheus_client chdb clickhouse_connect matplotlib",
    "decode": "aiohttp nats structlog uvloop prometheus_client",
    "localnet": "nats structlog decoders prometheus_client",
    "clickhouse migrate": "aiohttp nats structlog decoders uvloop prometheus_client chdb clickhouse_connect",
    "run": "solders zstandard rich.live indexer.localnet indexer.clickhouse indexer.candle indexer.up indexer.embedded",
    "up": "solders chdb clickhouse_connect matplotlib indexer.localnet.builder indexer.candles indexer.chart",
    "candles": "decoders.programs solders websockets indexer.localnet indexer.clickhouse indexer.daemon indexer.rpc",
    "clickhouse run": "decoders.programs solders websockets chdb clickhouse_connect indexer.localnet "
    "indexer.candles indexer.daemon indexer.rpc",
}


@pytest.mark.parametrize("words", WITHOUT)
def test_a_start_loads_nothing_that_the_command_never_uses(words: str) -> None:
    there = loaded(*words.split(), *["--help"] * (words != "--help"))
    assert "indexer.commands" in there
    begins = tuple(WITHOUT[words].split())
    assert [name for name in there if name.startswith(begins)] == []


def test_the_collector_works_again_after_an_import_that_fails() -> None:
    with pytest.raises(ModuleNotFoundError):
        module_of(Command("nosuch", "", "indexer.nosuch"))
    assert gc.isenabled()
