"""`indexer decode`: the same bytes as the daemon's, a tree that says why, and errors that say what to do."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.__main__ import main
from indexer.localnet.builder import Built, build
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.prepare import Prepared, prepare
from indexer.transaction import parse_block
from tests.indexer.small_chain import result, small_chain
from tests.integration.terminal import indexer

REGISTRY = Registry(PROGRAMS, ROUTERS)
SLOT, TIME = 350_000_000, 1_790_000_000
Said = pytest.CaptureFixture[str]


def saved(folder: Path, name: str, built: Built) -> str:
    path = folder / f"{name}.json"
    path.write_bytes(orjson.dumps(built.result(SLOT, TIME)))
    return str(path)


@pytest.fixture
def routed(tmp_path: Path) -> tuple[str, Built]:
    """Three pools under jupiter and a bot."""
    built = build(program="raydium_cpmm", via_router="jupiter_v6", hops=3, in_bot=True, slot=SLOT, block_time=TIME)
    return saved(tmp_path, "routed", built), built


def test_a_tree_has_the_swaps_beside_their_instructions(routed: tuple[str, Built], capsys: Said) -> None:
    path, built = routed
    assert main(["decode", path]) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert built.truth[0].signature in lines[0]
    assert "slot 350,000,000" in lines[0]
    for truth in built.truth:
        line = next(line for line in lines if f" {truth.idx} {truth.program}" in line)
        assert f"via jupiter_v6, hop {truth.hop + 1} of 3" in line
        assert "→" in line
    assert "agree: args" in shown
    assert "3 swaps, " in lines[-2]


@pytest.mark.parametrize(
    ("wishes", "parts"),
    [
        ({"program": "raydium_clmm", "failed": True}, ["failed on chain, so no swap", '{"Custom":6001}']),
        ({"program": "humidifi", "quote_update": True}, ["moved nothing: no swap", "1 instruction that moved nothing"]),
        (
            {"program": "manifest", "instruction": "batch_update", "log_truncated": True},
            ["dead letter, logs: the event"],
        ),
    ],
    ids=["failed", "idle", "dead"],
)
def test_it_says_why_something_was_no_swap(
    wishes: dict[str, Any], parts: list[str], tmp_path: Path, capsys: Said
) -> None:
    path = saved(tmp_path, "one", build(slot=SLOT, block_time=TIME, **wishes))
    assert main(["decode", path]) == 0
    shown = capsys.readouterr().out
    assert all(part in shown for part in parts), shown
    assert main(["decode", path, "--json"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(orjson.loads(Path(path).read_bytes())["transaction"]["signatures"][0])


def test_unknown_instructions_and_strangers_are_named(tmp_path: Path, capsys: Said) -> None:
    built = build(program="raydium_cpmm", slot=SLOT, block_time=TIME)
    whole = built.result(SLOT, TIME)
    call = next(one for one in whole["transaction"]["message"]["instructions"] if len(one["accounts"]) > 10)
    call["data"] = "3Bxs4h24hBtQy9rw"
    strange = tmp_path / "strange.json"
    strange.write_bytes(orjson.dumps(whole))
    assert main(["decode", str(strange)]) == 0
    assert "no layout lists it" in capsys.readouterr().out
    keys = whole["transaction"]["message"]["accountKeys"]
    keys[call["programIdIndex"]] = "Stranger11111111111111111111111111111111111"
    strange.write_bytes(orjson.dumps(whole))
    assert main(["decode", str(strange)]) == 0
    assert "no known program is called" in capsys.readouterr().out


def test_programs_that_are_not_asked_for_are_shown_and_not_published(routed: tuple[str, Built], capsys: Said) -> None:
    path, built = routed
    other = next(truth.program for truth in built.truth if truth.program != "raydium_cpmm")
    assert main(["decode", path, "--programs", other]) == 0
    assert "not in --programs" in capsys.readouterr().out
    assert main(["decode", path, "--programs", other, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["program"] for row in rows} == {other}
    assert {row["hops"] for row in rows} == {3}


@pytest.mark.parametrize("form", ["plain", "answer", "zst", "gz", "list", "lines"])
def test_files_come_in_many_forms(form: str, routed: tuple[str, Built], tmp_path: Path, capsys: Said) -> None:
    text = Path(routed[0]).read_bytes()
    forms = {
        "plain": text,
        "answer": b'{"jsonrpc":"2.0","id":1,"result":' + text + b"}",
        "zst": zstandard.compress(text),
        "gz": gzip.compress(text),
        "list": b"[" + text + b",\n" + text + b"]",
        "lines": text + b"\n" + text + b"\n",
    }
    path = tmp_path / "form"
    path.write_bytes(forms[form])
    assert main(["decode", str(path), "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == (6 if form in {"list", "lines"} else 3)


def test_standard_input_is_read(routed: tuple[str, Built], monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    for words in ([], ["-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(routed[0]).read_bytes())))
        assert main(["decode", "--json", *words]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 3


def block(slot: int, body: bytes) -> Prepared:
    parsed = parse_block(body, slot=slot, known=REGISTRY.venues)
    wanted = [program.name for program in PROGRAMS if program.default]
    return prepare(parsed, REGISTRY, wanted, status="complete", repair=False)


async def test_payloads_are_the_daemons_from_a_block_and_by_signature(tmp_path: Path) -> None:
    async with Localnet(small_chain(30)) as net:
        for slot in range(net.chain.tip, net.chain.tip - 30, -1):
            body = orjson.dumps(await result(net, "getBlock", slot, {"maxSupportedTransactionVersion": 1}))
            prepared = block(slot, body)
            if len({swap.idx for swap in prepared.swaps}) > 1:
                break
        (tmp_path / f"{slot}.json.zst").write_bytes(zstandard.compress(body))
        daemons = [message.payload.decode() for message in prepared.messages]
        whole = await indexer("decode", f"{slot}.json.zst", "--json", cwd=tmp_path)
        assert (whole.code, whole.out.splitlines()) == (0, daemons)

        signatures = list(dict.fromkeys(json.loads(payload)["signature"] for payload in daemons))
        found = await indexer("decode", *signatures, "--json", cwd=tmp_path, SOLANA_RPC_URL=net.rpc_url)
        assert (found.code, found.out.splitlines()) == (0, daemons), found.err

        nobody = "5" * 87
        part = await indexer("decode", signatures[0], nobody, "--json", cwd=tmp_path, SOLANA_RPC_URL=net.rpc_url)
        assert part.code == 4
        assert f"not found: {nobody}" in part.err
        assert part.out.splitlines() == [line for line in daemons if signatures[0] in line]


async def test_a_node_that_is_not_there_is_a_peer_error(tmp_path: Path) -> None:
    ended = await indexer(
        "decode", "5" * 87, "--rpc-attempts", "1", cwd=tmp_path, SOLANA_RPC_URL="http://127.0.0.1:1/?api-key=hunter2"
    )
    assert ended.code == 3, ended.said
    assert "hunter2" not in ended.said


def test_a_block_is_listed_and_one_of_its_transactions_shown(tmp_path: Path, capsys: Said) -> None:
    served = next(Generated(seed=7, transactions_per_block=60).blocks())
    path = tmp_path / "block.json"
    path.write_bytes(served.body)
    assert main(["decode", str(path)]) == 4
    assert "add --slot" in capsys.readouterr().err
    assert main(["decode", str(path), "--slot", str(served.slot)]) == 0
    shown = capsys.readouterr().out
    prepared = block(served.slot, served.body)
    assert f"{len(prepared.swaps)} swaps, 0 dead letters" in shown
    signature = json.loads(prepared.messages[0].payload)["signature"]
    assert main(["decode", str(path), "--slot", str(served.slot), "--signature", signature[:12]]) == 0
    assert signature in capsys.readouterr().out
    assert main(["decode", str(path), "--slot", str(served.slot), "--signature", signature, "--json"]) == 0
    payloads = [message.payload.decode() for message in prepared.messages]
    assert capsys.readouterr().out.splitlines() == [payload for payload in payloads if signature in payload]
    failed = next(one for one in orjson.loads(served.body)["transactions"] if one["meta"]["err"] is not None)
    start = failed["transaction"]["signatures"][0][:20]
    assert main(["decode", str(path), "--slot", str(served.slot), "--signature", start]) == 0
    assert "failed on chain" in capsys.readouterr().out
    assert main(["decode", str(path), "--slot", str(served.slot), "--signature", "1111"]) == 4


@pytest.mark.parametrize(
    ("content", "said", "advice"),
    [
        (None, "no such file, and not a signature", "87 or 88 base58 characters"),
        (b"", "is empty", "getTransaction or getBlock"),
        (b"<html>no</html>", "neither JSON nor a signature", "getTransaction or getBlock"),
        (b'{"a":1}', "neither a transaction nor a block", "getTransaction or getBlock"),
        (b'{"a":', "is not JSON of a node", "getTransaction or getBlock"),
        (b'{"result":null}', "the node had no such transaction", ""),
        (b'{"error":{"code":-32009,"message":"skipped"}}', "a node's refusal", "another one"),
        (b'{"transaction":["AQ","base64"],"meta":{"err":null}}', "not a transaction", '"encoding": "json"'),
        (b"\x28\xb5\x2f\xfdxxxx", "cannot be unpacked", ""),
        (b"\x1f\x8bxxxx", "cannot be unpacked", ""),
    ],
    ids=["nowhere", "empty", "html", "other json", "cut", "null", "refusal", "encoding", "zst", "gz"],
)
def test_what_cannot_be_decoded_is_refused_with_advice(
    content: bytes | None, said: str, advice: str, tmp_path: Path, capsys: Said
) -> None:
    path = tmp_path / "it.json"
    if content is not None:
        path.write_bytes(content)
    assert main(["decode", str(path)]) == 4
    error = capsys.readouterr().err
    assert said in error
    assert advice in error


def test_missing_inner_instructions_need_a_word(tmp_path: Path, capsys: Said) -> None:
    whole = build(program="raydium_cpmm", slot=SLOT, block_time=TIME).result(SLOT, TIME)
    whole["meta"]["innerInstructions"] = None
    path = tmp_path / "old.json"
    path.write_bytes(orjson.dumps(whole))
    assert main(["decode", str(path)]) == 4
    assert "--allow-missing-inner" in capsys.readouterr().err
    assert main(["decode", str(path), "--allow-missing-inner"]) == 0


def test_a_signature_without_a_node_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said) -> None:
    monkeypatch.delenv("SOLANA_RPC_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["decode", "5" * 87]) == 2
    assert "SOLANA_RPC_URL" in capsys.readouterr().err


def test_a_file_larger_than_the_limit_is_not_unpacked(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "large.zst"
    path.write_bytes(zstandard.compress(b" " * 1_000_000))
    assert main(["decode", str(path), "--rpc-body-bytes", "1000"]) == 4
    assert "--rpc-body-bytes" in capsys.readouterr().err
