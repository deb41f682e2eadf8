"""`indexer localnet` as a process: what it prints, how it stops, what it refuses."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer.errors import UsageError
from indexer.localnet import command
from indexer.localnet.faults import names

PROGRAM = """
import argparse, sys
from indexer.localnet import command
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run_command(parser.parse_args()))
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_in_one_line_and_stops_cleanly(stop: signal.Signals) -> None:
    with started("--json", "--seed", "3", "--nodes", "2") as process:
        assert process.stdout is not None
        told = orjson.loads(process.stdout.readline())
        assert told["label"] == "LOCALNET, generated"
        assert told["tip_slot"] > told["first_slot"]
        assert told["nodes"][0] == {"rpc_url": told["rpc_url"], "ws_url": told["ws_url"]}
        process.send_signal(stop)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_it_tells_a_person_what_the_data_is_and_how_to_use_it() -> None:
    with started("--for", "0.1") as process:
        text = process.communicate(timeout=60)[0].decode()
    assert text.startswith("LOCALNET, generated:")
    assert "SOLANA_RPC_URL=http://127.0.0.1:" in text
    assert "/localnet/faults" in text


def test_without_a_real_chain_it_listens_where_it_is_told_and_its_chain_goes_on_by_the_clock() -> None:
    """Also while nobody runs it; an empty address is none."""
    chains = []
    for address in ({}, {"SOLANA_RPC_URL": ""}):
        with started("--unless-rpc-url", "--json", "--for", "0.1", "--host", "127.0.0.2", **address) as process:
            chains.append(printed(process))
        time.sleep(0.4)
    assert chains[0]["label"] == chains[1]["label"] == "LOCALNET, generated"
    assert chains[0]["rpc_url"].startswith("http://127.0.0.2:")
    assert chains[0]["ws_url"].startswith("ws://127.0.0.2:")
    assert chains[0]["genesis_hash"] == chains[1]["genesis_hash"]
    assert chains[0]["tip_slot"] < chains[1]["tip_slot"]


def test_it_steps_aside_for_a_real_chain() -> None:
    with started("--unless-rpc-url", "--json", SOLANA_RPC_URL="https://node.example/?api-key=hunter2") as process:
        text, complaints = process.communicate(timeout=60)
    assert (process.returncode, text, complaints) == (0, b"SOLANA_RPC_URL is set: localnet is not needed\n", b"")


def test_every_fault_is_a_flag() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args([])
    assert [one for one in names() if not hasattr(args, one)] == []
    assert parser.parse_args(["--missing-slots", "5,7"]).missing_slots == {5, 7}


async def test_a_wrong_share_and_a_taken_port_are_usage_errors() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(UsageError, match="null_block is a share from 0 to 1"):
        await command.run(parser.parse_args(["--null-block", "2"]))
    with pytest.raises(UsageError, match="shares lie between"):
        await command.run(parser.parse_args(["--swap-share", "2"]))
    with pytest.raises(UsageError, match="--repeat needs a record"):
        await command.run(parser.parse_args(["--repeat", "2"]))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            await command.run(parser.parse_args(["--http-port", str(port)]))
    with pytest.raises(UsageError, match=r"cannot listen on no-such-host\.invalid:0"):
        await command.run(parser.parse_args(["--host", "no-such-host.invalid"]))


@pytest.mark.corpus
def test_it_serves_a_record_and_copies_of_one_of_its_blocks(corpus: Path) -> None:
    with started("--json", "--for", "0.1", "--record", str(corpus)) as process:
        told = printed(process)
    assert told["label"] == "LOCALNET, recorded"
    repeat = ("--repeat", "332254908", "--copies", "20", "--first-slot", "500")
    with started("--json", "--for", "0.1", "--record", str(corpus), *repeat) as process:
        told = printed(process)
    assert (told["first_slot"], told["tip_slot"]) == (500, 519)


@contextmanager
def started(*flags: str, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    clean = {name: value for name, value in os.environ.items() if name != "SOLANA_RPC_URL"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean | settings
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def printed(process: "subprocess.Popen[bytes]") -> Any:
    """The line of JSON of a process that ends by itself."""
    text, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, b"")
    return orjson.loads(text)
