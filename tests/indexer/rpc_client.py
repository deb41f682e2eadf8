"""A client with quick limits, and what it is asked."""

from typing import Any

from pydantic import SecretStr

from indexer.config import Settings
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from tests.indexer.raw_peer import Answer, raw_peer

KEY = "s3cr3t-api-key"


def settings(*urls: str, **changes: Any) -> Settings:
    """Quick limits; the environment and .env play no part."""
    fast = {"rpc_attempts": 2, "rpc_backoff_seconds": 0.02, "rpc_timeout_seconds": 1}
    return Settings(_env_file=None, solana_rpc_url=SecretStr(",".join(urls)), **{**fast, **changes})  # type: ignore[call-arg]


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0


async def block(answer: Answer, **changes: Any) -> bytes:
    """Ask one peer for block 5."""
    async with raw_peer(answer) as peer, Rpc(settings(peer.url, **changes), Metrics()) as rpc:
        return bytes(await rpc.block(5))
