"""Nodes of one chain, and a hydrator that asks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from base58 import b58encode
from pydantic import SecretStr

from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.config import Settings
from indexer.hydrate import Hydrator
from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from indexer.subscribe import Witness

REGISTRY = Registry(PROGRAMS, ROUTERS)


ADDRESSES = {program.address: program.name for program in PROGRAMS}


def nowhere(number: int) -> str:
    """A signature of no transaction."""
    return b58encode(bytes([number]) * 64).decode()


@dataclass(kw_only=True)
class Bench:
    """Nodes of one chain and a hydrator that asks them."""

    nodes: tuple[Localnet, ...]
    rpc: Rpc
    witness: Witness
    hydrator: Hydrator
    metrics: Metrics

    @property
    def net(self) -> Localnet:
        """The first node, whose sockets are listened to."""
        return self.nodes[0]

    def sample(self, name: str, **labels: str) -> float:
        """A metric's value."""
        return self.metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0

    def signatures(self, slot: int) -> list[str]:
        """What is in a block of the chain."""
        block = self.net.chain.block(slot)
        assert block is not None
        return [entry.signature for entry in block.entries]

    def relevant(self, slot: int) -> list[str]:
        """Successful transactions of a block that name a program."""
        block = self.net.chain.block(slot)
        assert block is not None
        return [entry.signature for entry in block.entries if entry.err is None and entry.accounts & REGISTRY.addresses]

    async def produce(self, blocks: int = 1) -> int:
        """Produce, wait for the notifications, and give the tip."""
        self.net.produce(blocks)
        async with asyncio.timeout(30):
            while self.witness.tip != self.net.tip:
                await asyncio.sleep(0.005)
        for _ in range(20):  # turns of the loop that all of this runs on: a time alone may pass between two of them
            await asyncio.sleep(0.001)
        return self.net.tip


@asynccontextmanager
async def bench(*faults: Faults, version_1_share: float = 0.0, **changes: Any) -> AsyncIterator[Bench]:
    """As many nodes as faults; a hydrator with quick limits."""
    source = Generated(seed=5, transactions_per_block=20, skip_share=0.0, version_1_share=version_1_share)
    chain, metrics = Chain(source), Metrics()
    fast = {"block_wait_seconds": 30, "rpc_backoff_seconds": 0.02, "rpc_attempts": 4, "notified_wait_seconds": 0.05}
    async with AsyncExitStack() as stack:
        nodes = tuple([await stack.enter_async_context(Localnet(chain, faults=one)) for one in faults or (Faults(),)])
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            solana_rpc_url=SecretStr(",".join(net.rpc_url for net in nodes)),
            solana_ws_url=SecretStr(nodes[0].ws_url),
            **{**fast, **changes},
        )
        rpc = await stack.enter_async_context(Rpc(settings, metrics))
        witness = await stack.enter_async_context(Witness(settings, metrics, ADDRESSES))
        hydrator = Hydrator(rpc=rpc, witness=witness, registry=REGISTRY, settings=settings, metrics=metrics)
        yield Bench(nodes=nodes, rpc=rpc, witness=witness, hydrator=hydrator, metrics=metrics)
