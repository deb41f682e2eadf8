"""Different chains never mix: the stream's metadata names the one whose slots it holds."""

from collections.abc import Mapping

from indexer.errors import PeerError
from indexer.jetstream_api import call
from indexer.message import STREAM
from indexer.nats_connection import Connection
from indexer.readback import Stand

KEY = "genesis_hash"
LABEL = "label"
MAINNET = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"


async def label(connection: Connection, text: str, *, seconds: float) -> None:
    """Say on a stream that holds nothing yet what kind of data it will: `LOCALNET, generated`."""
    info = await call(connection, f"STREAM.INFO.{STREAM}", seconds=seconds)
    metadata = info["config"].get("metadata") or {}
    if not info["state"]["last_seq"] and KEY not in metadata and metadata.get(LABEL) != text:
        config = {**info["config"], "metadata": metadata | {LABEL: text}}
        await call(connection, f"STREAM.UPDATE.{STREAM}", config, seconds=seconds)


def described(metadata: Mapping[str, str]) -> str:
    """What a person must know of the chain behind a stream; empty for mainnet and for what is not known."""
    if text := metadata.get(LABEL):
        return text
    there = metadata.get(KEY, MAINNET)
    return "" if there == MAINNET else f"not mainnet: a localnet or another cluster, genesis hash {there}"


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
