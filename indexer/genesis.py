"""Different chains never mix: the stream's metadata names the one whose slots it holds."""

from indexer.errors import PeerError
from indexer.jetstream_api import call
from indexer.message import STREAM
from indexer.nats_connection import Connection
from indexer.readback import Stand

KEY = "genesis_hash"


async def guard(connection: Connection, stand: Stand, genesis_hash: str, *, seconds: float) -> None:
    """Write the hash on a stream without slots, refuse a stream of another chain. Raises PeerError."""
    metadata = stand.config.get("metadata") or {}
    there = metadata.get(KEY)
    if there is None and stand.last is None and not stand.partial:
        config = {**stand.config, "metadata": metadata | {KEY: genesis_hash}}
        answer = await call(connection, f"STREAM.UPDATE.{STREAM}", config, seconds=seconds)
        there = answer["config"]["metadata"].get(KEY)
    if there != genesis_hash:
        raise PeerError(
            f"{STREAM} holds another chain: its genesis hash is {there or 'not known'}, ours is {genesis_hash}",
            hint="give another SOLANA_RPC_URL, or another NATS; if it is this chain after all: "
            f"nats stream edit {STREAM} --metadata {KEY}={genesis_hash}",
        )
