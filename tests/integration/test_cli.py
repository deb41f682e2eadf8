"""The command line as a person meets it: exit codes, and the words on the terminal."""

import asyncio
import re
import socket
from pathlib import Path

from indexer.embedded import NatsServer
from tests.integration import terminal
from tests.integration.forked import each, indexer
from tests.integration.streams import change, config_of

NOWHERE = "127.0.0.1:1"  # nothing listens there


async def test_every_help_teaches_by_example(tmp_path: Path) -> None:
    top = await terminal.indexer("--help", cwd=tmp_path)
    assert (top.code, top.err) == (0, "")
    assert "start here:" in top.out
    assert "exit codes: 0 done, 1 bug, 2 usage" in top.out
    commands = [[name] for name in re.findall(r"^    ([a-z]+)\b", top.out, re.MULTILINE)]
    assert ["up"] in commands
    commands += [["jetstream", verb] for verb in ("init", "check", "backup", "restore", "peek", "tail")]
    helps = await each([([*words, "--help"], {}) for words in commands], cwd=tmp_path)
    for words, help_text in zip(commands, helps, strict=True):
        assert (help_text.code, help_text.err) == (0, ""), words
        assert f"indexer {' '.join(words)}" in help_text.out.partition("examples:")[2], words


async def test_config_shows_values_where_they_came_from_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INDEXER_LISTING_SLOTS=30\nINDEXER_DRAIN_SECONDS=7\n")
    secrets = {
        "NATS_PASSWORD": "hunter1",
        "SOLANA_RPC_URL": "https://node.example/hunter2?api-key=hunter3,http://10.0.0.7:8899",
        "NATS_URL": "nats://me:hunter4@nats.example:4222",
    }
    shown = await indexer("config", "--commitment", "finalized", cwd=tmp_path, INDEXER_DRAIN_SECONDS="8", **secrets)
    assert shown.code == 0
    assert "hunter" not in shown.said
    rows = {row[0]: row[1:] for line in shown.out.splitlines() if len(row := line.split()) > 2}
    assert rows["commitment"] == ["finalized", "flag", "INDEXER_COMMITMENT"]
    assert rows["drain_seconds"] == ["8.0", "environment", "INDEXER_DRAIN_SECONDS"]
    assert rows["listing_slots"] == ["30", ".env", "INDEXER_LISTING_SLOTS"]
    assert rows["programs"][:2] == ["all", "default"]
    assert rows["solana_rpc_url"][0] == "https://node.example/…,http://10.0.0.7:8899"
    assert rows["nats_url"][0] == "nats://********@nats.example:4222"


WRONG: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "no endpoint": (["run"], {}, ["SOLANA_RPC_URL is not set", "indexer up"]),
    "no command": ([], {}, ["required: COMMAND"]),
    "unknown flag": (["run", "--replay", "5"], {}, ["unrecognized arguments: --replay"]),
    "unknown variable": (["run"], {"INDEXER_COMITMENT": "finalized"}, [
        "unknown setting INDEXER_COMITMENT in the environment", "did you mean INDEXER_COMMITMENT?",
    ]),
    "unknown program": (["run", "--programs", "raydium-amm-v3,pumpswap"], {}, [
        "there is no program 'raydium_amm_v3'", "did you mean raydium_amm_v4",
    ]),
    "wrong value": (["run"], {"INDEXER_COMMITMENT": "processed"}, [
        "--commitment (INDEXER_COMMITMENT)", "'confirmed' or 'finalized'",
    ]),
    "replay from no number": (["run", "--replay-from-slot", "yesterday"], {}, [
        "--replay-from-slot takes a slot number, not 'yesterday'", "--replay-from-slot 370000000",
    ]),
    "end before the beginning": (["run", "--replay-from-slot", "9", "--to-slot", "5"], {}, [
        "--to-slot 5 is before --replay-from-slot 9",
    ]),
    "republish of nothing": (["run", "--republish"], {}, ["--republish needs --replay-from-slot"]),
    "start nowhere": (["run", "--start", "now"], {}, ["--start takes resume, latest or a slot, not 'now'"]),
    "no time": (["run", "--for", "-5"], {}, ["--for takes seconds above 0, not -5"]),
    "no address": (["run"], {"SOLANA_RPC_URL": "node.example"}, ["is not an http or https URL", "https://host"]),
    "no credentials": (["jetstream", "init"], {"NATS_CREDS": "no.creds"}, ["NATS_CREDS: cannot read no.creds"]),
}  # fmt: skip


async def test_usage_errors_say_what_is_wrong_and_what_would_be_right(tmp_path: Path) -> None:
    anywhere = {"SOLANA_RPC_URL": f"http://{NOWHERE}"}
    cases = [
        (words, settings if case == "no endpoint" else anywhere | settings)
        for case, (words, settings, _) in WRONG.items()
    ]
    for (case, (_, _, parts)), ended in zip(WRONG.items(), await each(cases, cwd=tmp_path), strict=True):
        assert (ended.code, ended.out) == (2, ""), f"{case}: {ended.said}"
        for part in parts:
            assert part in ended.err, case
        assert "Traceback" not in ended.err, case


async def test_a_start_of_its_own_ends_on_a_usage_error_too(tmp_path: Path) -> None:
    ended = await terminal.indexer("run", cwd=tmp_path)
    assert (ended.code, ended.out, "SOLANA_RPC_URL is not set" in ended.err) == (2, "", True)


async def test_an_unknown_variable_in_dotenv_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INDEXER_LISTING_SLOT=30\n")
    ended = await indexer("config", cwd=tmp_path)
    assert (ended.code, "unknown setting INDEXER_LISTING_SLOT in .env" in ended.err) == (2, True)
    assert "did you mean INDEXER_LISTING_SLOTS?" in ended.err


async def test_a_taken_metrics_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = await indexer(
            "run", cwd=tmp_path, SOLANA_RPC_URL=f"http://{NOWHERE}", INDEXER_METRICS_ADDR=f"127.0.0.1:{port}"
        )
    assert ended.code == 2
    assert f"port {port} for metrics is taken" in ended.err
    assert "--metrics-addr" in ended.err


async def test_jetstream_init_creates_then_finds_all_equal_then_reports_drift_and_changes_nothing(
    tmp_path: Path,
) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        first = await terminal.indexer("jetstream", "init", cwd=tmp_path, NATS_URL=server.url)
        second = await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=server.url)
        await change(server.url, max_age=3600 * 10**9, duplicate_window=60 * 10**9)
        before = await config_of(server.url)
        third = await indexer("jetstream", "init", "--nats-url", server.url, cwd=tmp_path)
        after = await config_of(server.url)
    assert (first.code, second.code, third.code) == (0, 0, 5)
    assert [line.split()[-1] for line in first.out.splitlines()[1:]] == ["created"] * 12
    assert [line.split()[-1] for line in second.out.splitlines()[1:]] == ["equal"] * 12
    assert re.search(r"stream +dex-swaps +differs", third.out)
    assert re.search(r"dex-swaps +max_age +168h +1h +changes", third.out)
    assert "differs from deploy/jetstream" in third.err
    assert "nothing was changed" in third.err
    assert before == after


async def test_a_peer_that_cannot_be_reached_is_exit_code_3(tmp_path: Path) -> None:
    chainless, natsless = await asyncio.gather(
        indexer("run", cwd=tmp_path, SOLANA_RPC_URL=f"http://{NOWHERE}"),
        indexer("jetstream", "init", "--nats-connect-seconds", "1", cwd=tmp_path, NATS_URL=f"nats://{NOWHERE}"),
    )
    assert (chainless.code, natsless.code) == (3, 3)
    assert f"no Solana RPC endpoint can be used: http://{NOWHERE}" in chainless.err
    assert "check SOLANA_RPC_URL" in chainless.err
    assert f"cannot reach NATS at {NOWHERE}" in natsless.err
