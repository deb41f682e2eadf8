"""Different chains never mix: the stream's metadata names the one whose slots it holds."""

from collections.abc import Mapping
from typing import Any

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
        there = await _write(connection, {**stand.config, "metadata": metadata | {KEY: genesis_hash}}, seconds=seconds)
    if there != genesis_hash:
        raise PeerError(
            f"{STREAM} holds another chain: its genesis hash is {there or 'not known'}, ours is {genesis_hash}",
            hint="give another SOLANA_RPC_URL, or another NATS; if it is this chain after all: "
            + _by_hand(genesis_hash),
        )


async def _write(connection: Connection, config: dict[str, Any], *, seconds: float) -> str | None:
    """The hash on the stream afterwards. A user that may only publish is told who may do this once."""
    try:
        answer = await call(connection, f"STREAM.UPDATE.{STREAM}", config, seconds=seconds)
    except PeerError as error:
        raise PeerError(
            f"{STREAM} does not say yet which chain it is for, and we may not write it there ({error})",
            hint=f"as a user who may change streams, once: {_by_hand(config['metadata'][KEY])}",
        ) from error
    return dict(answer["config"].get("metadata") or {}).get(KEY)


def _by_hand(genesis_hash: str) -> str:
    return f"nats stream edit {STREAM} --force --metadata {KEY}={genesis_hash}"
