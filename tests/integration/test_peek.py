"""`indexer jetstream peek` and `tail` at a terminal and in a pipe."""

import signal
from pathlib import Path

from indexer.embedded import NatsServer
from tests.chaos.audit import read_stream
from tests.integration.chains import peers, standing
from tests.integration.forked import several
from tests.integration.sinking import load, publish
from tests.integration.streams import ask
from tests.integration.terminal import indexer, shell, started, until


async def test_swaps_of_a_generated_chain(stream: NatsServer, tmp_path: Path) -> None:
    async with standing(tmp_path / "truth.jsonl", first_slot=5000, blocks=20) as chain:
        run = ("run", "--replay-from-slot", "5000", "--to-slot", "5015")
        assert (await indexer(*run, cwd=tmp_path, **peers(chain, stream))).code == 0
        messages = await read_stream(stream.url)
        swaps = [message for message in messages if message.subject == "dex.sol.swaps"]
        consumers = await ask(stream.url, "CONSUMER.NAMES.dex-swaps")

        program = swaps[0].body["program"]
        lines, table, one, picked, nothing, wrong, dead = await several(
            ("jetstream", "peek", "--json", "--last", "5"),
            ("jetstream", "peek", "--first", "3"),
            ("jetstream", "peek", "--seq", str(messages[-1].sequence)),
            ("jetstream", "peek", "--last", "9999", "--json", "--program", program),
            ("jetstream", "peek", "--mint", "nowhere"),
            ("jetstream", "peek", "--program", "orca-whirlpol"),
            ("jetstream", "peek", "--dead", "--mint", "SOL"),
            cwd=tmp_path,
            NATS_URL=stream.url,
        )
        assert (lines.code, lines.err) == (0, "")
        assert lines.out.encode() == b"".join(swap.raw + b"\n" for swap in swaps[-5:])
        assert table.code == 0
        assert "not mainnet: a localnet or another cluster" in table.out
        assert [line.split()[0] for line in table.out.splitlines()[2:]] == [str(swap.sequence) for swap in swaps[:3]]
        assert "complete" in one.out.splitlines()[-1]
        assert picked.out.encode() == b"".join(swap.raw + b"\n" for swap in swaps if swap.body["program"] == program)
        assert nothing.code == 4
        assert "it holds sequences 1 to" in nothing.err
        assert (wrong.code, "did you mean orca_whirlpool" in wrong.err) == (2, True)
        assert dead.code == 2

        tail = started(
            tmp_path, "jetstream", "tail", "--last", "2", "--markers", "--json", name="tail", NATS_URL=stream.url
        )
        more = ("run", "--to-slot", "5019")

        async def begun() -> bool:
            return len(tail.log.read_bytes().splitlines()) == 2

        await until(begun, tail)
        now = await ask(stream.url, "CONSUMER.NAMES.dex-swaps")
        assert set(now["consumers"]) <= set(consumers["consumers"])  # those of our own reading go by themselves
        assert (await indexer(*more, cwd=tmp_path, **peers(chain, stream))).code == 0
        after = await read_stream(stream.url)
        wanted = b"".join(message.raw + b"\n" for message in after[len(messages) - 2 :])

        async def everything() -> bool:
            return tail.log.read_bytes() == wanted

        await until(everything, tail)
        assert await tail.end(signal.SIGINT) == 0
        assert tail.log.read_bytes() == wanted


async def test_a_reader_that_leaves_is_no_error(stream: NatsServer, tmp_path: Path) -> None:
    await publish(stream.url, load(20, 50))
    for verb in ("peek --last 500", "peek --last 500 --json"):
        line = f"set -o pipefail; indexer jetstream {verb} | head -n 1"
        ended = await shell(f"bash -c '{line}'", cwd=tmp_path, NATS_URL=stream.url)
        assert (ended.code, ended.err) == (0, "")
        assert len(ended.out.splitlines()) == 1


async def test_a_stream_that_is_not_there(nats_server: NatsServer, tmp_path: Path) -> None:
    commands = [("jetstream", verb) for verb in ("peek", "tail")]
    for ended in await several(*commands, cwd=tmp_path, NATS_URL=nats_server.url):
        assert ended.code == 3
        assert "indexer jetstream init" in ended.err
