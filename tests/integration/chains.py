"""Chains that stand still until a test tells them to go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from indexer.embedded import NatsServer
from tests.chaos.arena import Localnet, localnet


@asynccontextmanager
async def standing(truth: Path, *flags: str, first_slot: int, blocks: int) -> AsyncIterator[Localnet]:
    """A generated chain with some history; ``truth`` is the list of its swaps. `/produce` and `/continue` move it."""
    async with localnet(
        "--generate", "--paused", "--first-slot", str(first_slot), "--preload-blocks", str(blocks), "--seed", "11",
        "--transactions", "15", "--skip-share", "0.1", "--truth", str(truth), *flags,
    ) as net:  # fmt: skip
        yield net


def peers(chain: Localnet, stream: NatsServer | None = None, *, node: int = 0) -> dict[str, str]:
    """The settings a person would export for one node of the chain."""
    urls = chain.nodes[node]
    settings = {"SOLANA_RPC_URL": urls["rpc_url"], "SOLANA_WS_URL": urls["ws_url"]}
    return settings if stream is None else settings | {"NATS_URL": stream.url}
