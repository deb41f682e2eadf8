"""Who reads already from a NATS of one's own: `indexer up` stands back from what another process runs there.

A second candle builder stops the first. A second sink shares the first one's consumer, where each message goes to one
of them: half of the rows would be in neither database alone.
"""

import asyncio
from collections.abc import Collection

from indexer.clickhouse import target_of
from indexer.config import Settings
from indexer.jetstream_require import require_consumer
from indexer.message import CANDLE_READER, SINK, STREAM
from indexer.nats_connection import Connection
from indexer.stream_state import ConsumerState
from indexer.up_services import CANDLES, DATABASE

_READERS = {CANDLES: CANDLE_READER, DATABASE: SINK}
_WHAT = {CANDLES: "candles", DATABASE: "a database"}
#: a reader at work has no pull waiting between two batches
_LOOKS = 4
_PAUSE_SECONDS = 0.5


async def left_out(nats: Connection, settings: Settings, names: Collection[str]) -> dict[str, str]:
    """Those of ``names`` that had better not run there, each with a sentence for people.

    Raises PeerError, TransientError.
    """
    looks: dict[str, list[ConsumerState]] = {name: [] for name in names}
    for look in range(_LOOKS if names else 0):
        if look:
            await asyncio.sleep(_PAUSE_SECONDS)
        for name, seen in looks.items():
            seen.append(await require_consumer(nats, STREAM, _READERS[name], seconds=settings.ack_seconds))
    found = {name: _why(name, seen, settings) for name, seen in looks.items()}
    return {name: f"going on without {_WHAT[name]}: {why}" for name, why in found.items() if why}


def _why(name: str, seen: list[ConsumerState], settings: Settings) -> str:
    if any(one.waiting for one in seen) or len({(one.delivered_count, one.acked_count) for one in seen}) > 1:
        if name == CANDLES:
            return "`indexer candles` runs on this NATS already; `--with candles` takes over from it, and it stops"
        return (
            "another `indexer clickhouse run` reads from this NATS, and each message goes to one reader; "
            "`--with clickhouse` shares them all the same"
        )
    if name == DATABASE and seen[-1].delivered_count and target_of(settings).directory is not None:
        return (
            f"consumer {STREAM} {SINK} of this NATS was read before, and what it gave is not given again; "
            "`--with clickhouse` reads on into a database here, CLICKHOUSE_URL=http://... into the one it fills"
        )
    return ""
