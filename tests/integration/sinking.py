"""What the sink's tests share: a load on the streams, the sink as a process, and its tables through `indexer sql`."""

import asyncio
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nats
import orjson

from indexer.clickhouse import ClickHouse, Target, target_of
from indexer.clickhouse_migrate import migrate
from indexer.clickhouse_migrations import load as migrations
from indexer.config import Settings
from indexer.marker import Marker, marker_message
from indexer.message import SINK, STREAM, swap_id
from indexer.sql import ask as ask_sql
from tests.chaos.arena import ROOT, Daemon
from tests.integration.streams import ask
from tests.integration.terminal import started

GOLDENS = Path(__file__).parents[1] / "decoders" / "goldens"
TIME = 1_790_000_000
QUICK = {
    "INDEXER_CLICKHOUSE_BATCH_SECONDS": "0.1",
    "INDEXER_CLICKHOUSE_BACKOFF_SECONDS": "0.3",
    "INDEXER_CONSUMER_HEARTBEAT_SECONDS": "0.5",
    "INDEXER_CONSUMER_PULL_SECONDS": "5",
    "INDEXER_CONSUMER_STALLED_SECONDS": "2",
    "INDEXER_NATS_BACKOFF_SECONDS": "0.2",
    "INDEXER_SAMPLE_SECONDS": "0.5",
}
_AT_ONCE = 500
_SQL_SECONDS = 180
Published = tuple[str, str, bytes]


def templates() -> list[dict[str, Any]]:
    """A payload of every golden of every program."""
    files = [json.loads(path.read_text()) for path in sorted(GOLDENS.glob("*.json"))]
    return [swap for file in files for golden in file["goldens"] for swap in golden["swaps"]]


def load(slots: int, swaps: int, *, first: int = 1) -> list[Published]:
    """``slots`` slots of ``swaps`` swaps each with their markers: subject, message id, payload."""
    every = templates()
    found: list[Published] = []
    for slot in range(first, first + slots):
        for number in range(swaps):
            plain = every[(slot * swaps + number) % len(every)]
            signature, leg = f"signature{slot}x{number}", plain["leg"]
            name = swap_id(slot, signature, plain["idx"], leg)
            changes = {"id": name, "slot": slot, "block_time": TIME + slot, "tx_index": number, "signature": signature}
            route = {"route": "jupiter_v6"} if number % 2 else {}
            found.append(("dex.sol.swaps", name, orjson.dumps(plain | changes | route)))
        marker = Marker(
            slot=slot, parent_slot=slot - 1, blockhash=f"hash{slot}", block_time=TIME + slot, status="complete",
            swaps=swaps, failed_txs=0, dead=0, build="test", programs_hash="p", stream_created="now",
        )  # fmt: skip
        message = marker_message(marker)
        found.append((message.subject, message.id, message.payload))
    return found


async def publish(url: str, messages: Iterable[Published]) -> None:
    """Store them, each with its id, in order."""
    client = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    try:
        stream = client.jetstream()
        waiting = list(messages)
        for first in range(0, len(waiting), _AT_ONCE):
            await asyncio.gather(
                *(
                    stream.publish(subject, payload, headers={"Nats-Msg-Id": name}, timeout=20)
                    for subject, name, payload in waiting[first : first + _AT_ONCE]
                )
            )
    finally:
        await client.close()


async def make_tables(folder: Path, template: Path) -> Path:
    """The sink's directory in ``folder`` with its tables: a copy, since to make them costs as much as a start.

    ``template`` is made when it is not there. An empty directory is for tests of what a first start does.
    """
    if not await asyncio.to_thread(template.exists):
        async with at(template) as database:
            await migrate(database, migrations(ROOT / "deploy" / "clickhouse"))
    return Path(shutil.copytree(template, folder / ".indexer" / "clickhouse", symlinks=True))


def at(directory: Path) -> ClickHouse:
    """The engine in this process, with every right; it leaves the directory to others when it is closed."""
    return ClickHouse(Target(dsn=f"chdb://{directory}", directory=directory), Settings())


def sink(folder: Path, url: str, *, name: str = "sink", **settings: str) -> Daemon:
    """`indexer clickhouse run` into ``folder``'s own directory."""
    return started(folder, "clickhouse", "run", name=name, NATS_URL=url, **(QUICK | settings))


async def consumer(url: str, stream: str = STREAM) -> dict[str, Any]:
    """What the server knows of the sink's consumer."""
    return await ask(url, f"CONSUMER.INFO.{stream}.{SINK}")


async def change_consumer(url: str, stream: str = STREAM, **config: Any) -> None:
    """Change some of its configuration."""
    told = (await consumer(url, stream))["config"]
    body = {"stream_name": stream, "config": told | config, "action": "update"}
    await ask(url, f"CONSUMER.CREATE.{stream}.{SINK}", body)


async def read_up(url: str, stream: str = STREAM) -> bool:
    """Whether everything of a stream is acked."""
    told = await consumer(url, stream)
    return not told["num_pending"] and not told["num_ack_pending"]


async def sql(folder: Path, query: str, **settings: Any) -> list[dict[str, Any]]:
    """The rows of a query as `indexer sql` gets them, from who has the directory or from the engine in this process."""
    wide = {"sql_rows": 1_000_000, "sql_seconds": _SQL_SECONDS, "clickhouse_connect_seconds": _SQL_SECONDS}
    own = Settings(**({"_env_file": None, "data_dir": folder / ".indexer"} | wide | settings))
    body = await ask_sql(target_of(own), own, query)
    assert "error" not in body, body
    return [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]


async def ids(folder: Path) -> list[str]:
    """The ids of all swaps that FINAL shows."""
    rows = await sql(folder, "SELECT slot, signature, idx, leg FROM swaps FINAL")
    return [swap_id(row["slot"], row["signature"], row["idx"], row["leg"]) for row in rows]


def swap_ids(messages: Sequence[Published]) -> list[str]:
    """The ids of the swaps among them."""
    return [name for subject, name, _ in messages if subject == "dex.sol.swaps"]
