"""From a slot to its checked block, against localnet nodes that hide, lag, refuse and lie."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from base58 import b58encode
from pydantic import SecretStr

from decoders import PROGRAMS, ROUTERS
from decoders.engine.registry import Registry
from indexer.config import Settings
from indexer.errors import PeerError, TransientError
from indexer.hydrate import Hydrator
from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from indexer.rpc_errors import BlockUnavailable, HistoryGone, UnsupportedVersion
from indexer.subscribe import Witness
from tests.indexer.raw_peer import raw_peer, refusal

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
        for _ in range(500):
            if self.witness.tip == self.net.tip:
                break
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        return self.net.tip


@asynccontextmanager
async def bench(*faults: Faults, version_1_share: float = 0.0, **changes: Any) -> AsyncIterator[Bench]:
    """As many nodes as faults; a hydrator with quick limits."""
    source = Generated(seed=5, transactions_per_block=20, skip_share=0.0, version_1_share=version_1_share)
    chain, metrics = Chain(source), Metrics()
    fast = {"block_wait_seconds": 5, "rpc_backoff_seconds": 0.02, "rpc_attempts": 4, "notified_wait_seconds": 0.05}
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


async def test_a_block_is_fetched_whole_and_parsed() -> None:
    async with bench() as on:
        before = on.net.tip
        slot = await on.produce()
        hydrated = await on.hydrator.hydrate(slot)
        assert hydrated.status == "complete"
        assert hydrated.block.parent_slot == before
        assert list(hydrated.block.signatures) == on.signatures(slot)
        assert [one.signature for one in hydrated.block.transactions] == on.relevant(slot)
        assert on.sample("rpc_requests_total", method="getBlock", outcome="ok") == 1
        assert on.sample("notifications_missed_total") == 0


FALSE = {
    "null": Faults(null_block=0.6),
    "not available": Faults(false_not_available=0.6),
    "skipped": Faults(false_skipped=0.6),
    "long term skipped": Faults(false_long_term_skipped=0.6),
    "not yet": Faults(false_not_yet=0.6),
    "unhealthy": Faults(false_unhealthy=0.4),
    "429": Faults(too_many_requests=0.4),
    "502": Faults(server_error=0.4),
    "cut": Faults(truncated_body=0.4),
    "html": Faults(garbage_body=0.4),
}


@pytest.mark.parametrize("name", FALSE)
async def test_false_answers_are_outlasted(name: str) -> None:
    async with bench(FALSE[name], rpc_attempts=30) as on:
        for _ in range(5):
            slot = await on.produce()
            assert (await on.hydrator.hydrate(slot)).block.slot == slot


async def test_a_block_that_one_node_lacks_comes_from_the_other() -> None:
    async with bench(Faults(), Faults()) as on:
        slot = await on.produce()
        on.net.faults.missing_slots = frozenset({slot})
        assert (await on.hydrator.hydrate(slot)).block.slot == slot


async def test_a_block_that_nobody_has_is_given_up_in_time() -> None:
    async with bench(Faults(), Faults(), block_wait_seconds=0.2) as on:
        slot = await on.produce()
        for node in on.nodes:
            node.faults.missing_slots = frozenset({slot})
        with pytest.raises(BlockUnavailable, match=f"slot {slot}"):
            await on.hydrator.hydrate(slot)


async def test_a_block_that_comes_late_is_waited_for() -> None:
    async with bench() as on:
        slot = await on.produce()
        on.net.faults.missing_slots = frozenset({slot})
        waiting = asyncio.create_task(on.hydrator.hydrate(slot))
        await asyncio.sleep(0.2)
        on.net.faults.missing_slots = frozenset()
        assert (await waiting).block.slot == slot


async def test_history_that_every_node_threw_away_is_gone() -> None:
    async with bench(Faults(), Faults()) as on:
        old = on.net.tip
        await on.produce(6)
        on.nodes[0].faults.history_slots = 2
        assert (await on.hydrator.hydrate(old)).block.slot == old
        on.nodes[1].faults.history_slots = 4
        with pytest.raises(HistoryGone) as gone:
            await on.hydrator.hydrate(old)
        assert gone.value.first_available == on.net.tip - 3


async def test_an_outage_of_the_endpoints_is_never_a_missing_block() -> None:
    async with bench(block_wait_seconds=0.05) as on:
        slot = await on.produce()
        on.net.faults.server_error = 1.0
        for _ in range(2):
            with pytest.raises(TransientError) as caught:
                await on.hydrator.hydrate(slot)
            assert not isinstance(caught.value, BlockUnavailable)
            await asyncio.sleep(0.05)


async def test_a_block_of_twenty_megabytes_is_a_block() -> None:
    async with bench(Faults(huge_block=1.0)) as on:
        slot = await on.produce()
        block = (await on.hydrator.hydrate(slot)).block
        assert on.sample("rpc_bytes_total") > 20_000_000
        assert [one.signature for one in block.transactions] == on.relevant(slot)


async def test_a_block_over_the_limit_of_bytes_is_given_up_and_says_which_limit() -> None:
    async with bench(block_wait_seconds=0.1, rpc_body_bytes=1000) as on:
        slot = await on.produce()
        with pytest.raises(BlockUnavailable, match="INDEXER_RPC_BODY_BYTES"):
            await on.hydrator.hydrate(slot)


async def test_endpoints_without_transaction_history_stop_the_process_instead_of_marking_all_missing() -> None:
    answer = "Transaction history is not available from this node"
    async with raw_peer(lambda request: refusal(request, -32011, answer)) as peer:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            solana_rpc_url=SecretStr(peer.url),
            block_wait_seconds=0.1,
        )
        async with Rpc(settings, Metrics()) as rpc:
            alone = Hydrator(rpc=rpc, witness=None, registry=REGISTRY, settings=settings, metrics=Metrics())
            with pytest.raises(PeerError, match=answer) as caught:
                await alone.hydrate(5)
    assert "--enable-rpc-transaction-history" in caught.value.hint


async def test_a_version_above_the_ceiling_stops_everything() -> None:
    async with bench(version_1_share=1.0, max_tx_version=0) as on:
        slot = await on.produce()
        with pytest.raises(UnsupportedVersion) as caught:
            await on.hydrator.hydrate(slot)
        assert "--max-tx-version 1" in caught.value.hint
    async with bench(version_1_share=1.0) as on:
        slot = await on.produce()
        assert (await on.hydrator.hydrate(slot)).block.slot == slot


async def test_a_notified_signature_in_no_block_is_looked_for_and_counted_and_the_slot_goes_on() -> None:
    async with bench(Faults(), Faults(), witness_refetches=1) as on:
        slot = await on.produce()
        on.witness.expect(slot, nowhere(1), "pumpswap")
        assert (await on.hydrator.hydrate(slot)).block.slot == slot
        assert on.sample("notifications_missed_total") == 1
        assert [node.calls.get("getBlock", 0) for node in on.nodes] == [1, 1], "fetched again from the other node"
        assert sum(node.calls.get("getSignatureStatuses", 0) for node in on.nodes) == 1


async def test_a_notified_signature_that_landed_in_another_slot_is_expected_there() -> None:
    async with bench() as on:
        slot = await on.produce(2)
        other = on.relevant(slot - 1)[0]
        on.witness.expect(slot, other, "pumpswap")
        await on.hydrator.hydrate(slot)
        assert other in on.witness.notified(slot - 1)
        assert on.sample("notifications_missed_total") == 0


async def test_transactions_that_no_notification_named_are_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.reconcile._HEARD_SLOTS", 1)
    async with bench(Faults(lost_notifications=0.5, seed=4)) as on:
        await on.produce(2)
        lost = 0
        for _ in range(4):
            on.net.produce()
            await asyncio.sleep(0.05)
            slot, notified = on.net.tip, set(on.witness.notified(on.net.tip))
            block = (await on.hydrator.hydrate(slot)).block
            unheard = [one for one in block.transactions if one.signature not in notified]
            lost += sum(any(call.program in ADDRESSES for call in one.trace) for one in unheard)
            on.witness.forget(slot)
        counted = on.sample("notifications_lost_total")
        assert 0 < counted <= lost


async def test_a_node_that_lags_hides_neither_the_tip_nor_the_list() -> None:
    async with bench(Faults(stale_slots=3), Faults()) as on:
        on.net.produce(5)
        assert await on.rpc.slot() == on.net.tip
        assert on.net.tip in await on.rpc.blocks(on.net.tip - 4, on.net.tip)


async def test_what_is_no_signature_is_counted_without_asking() -> None:
    async with bench() as on:
        slot = await on.produce()
        on.witness.expect(slot, "l0l", None)
        await on.hydrator.hydrate(slot)
        assert on.sample("notifications_missed_total") == 1
        assert "getSignatureStatuses" not in on.net.calls


async def test_notifications_after_their_slot_settled_are_checked_too() -> None:
    async with bench() as on:
        slot = await on.produce()
        block = (await on.hydrator.hydrate(slot)).block
        on.witness.expect(slot, nowhere(2), None)  # between hydrating and settling
        on.witness.forget(slot)
        on.witness.expect(slot, block.signatures[0], None)  # late and there
        on.witness.expect(slot, nowhere(3), None)  # late and nowhere
        await on.hydrator.hydrate(await on.produce())
        assert on.sample("notifications_missed_total") == 2


async def test_a_late_look_up_that_fails_holds_no_slot_and_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.reconcile._PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("indexer.reconcile._ASK_SECONDS", 0.1)
    async with bench(rpc_timeout_seconds=0.5) as on:
        slot = await on.produce()
        on.witness.forget(slot)
        on.witness.expect(slot, nowhere(4), None)
        on.net.faults.server_error = 1.0
        assert on.hydrator._reconciler is not None
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 0
        on.net.faults.server_error = 0.0
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 1


async def test_only_notified_transactions_are_fetched_in_mode_transaction() -> None:
    async with bench(hydrate="transaction") as on:
        await on.produce(2)  # from here on the witness hears whole slots
        slot = await on.produce(2) - 1
        assert on.witness.covers(slot)
        hydrated = await on.hydrator.hydrate(slot)
        whole = await Hydrator(
            rpc=on.rpc, witness=None, registry=REGISTRY, settings=on.hydrator.settings, metrics=on.metrics
        ).hydrate(slot)
        assert (hydrated.status, whole.status) == ("notified", "complete")
        notified = [one for one in on.signatures(slot) if one in on.witness.notified(slot)]
        assert notified
        assert [one.signature for one in hydrated.block.transactions] == notified
        by_signature = {one.signature: one for one in whole.block.transactions}
        for one in hydrated.block.transactions:
            same = by_signature[one.signature]
            assert (one.tx_index, one.slot, one.block_time) == (same.tx_index, same.slot, same.block_time)
        assert hydrated.block.signatures == whole.block.signatures
        assert hydrated.block.blockhash == whole.block.blockhash


async def test_a_slot_the_witness_did_not_hear_from_its_beginning_is_fetched_whole() -> None:
    async with bench(hydrate="transaction") as on:
        assert (await on.hydrator.hydrate(on.net.tip)).status == "complete"


async def test_transactions_that_no_node_gives_make_the_whole_block_be_fetched() -> None:
    async with bench(Faults(null_transaction=1.0), hydrate="transaction") as on:
        await on.produce(2)
        slot = await on.produce(2) - 1
        assert (await on.hydrator.hydrate(slot)).status == "complete"


async def test_a_late_notification_is_a_lost_swap_in_mode_transaction() -> None:
    async with bench(Faults(lost_notifications=1.0), hydrate="transaction") as on:
        on.net.produce(3)
        await asyncio.sleep(0.05)
        on.witness._notified.restart(0)
        slot = on.net.tip
        assert (await on.hydrator.hydrate(slot)).status == "notified"
        on.witness.forget(slot)
        on.witness.expect(slot, on.relevant(slot)[0], None)
        assert on.hydrator._reconciler is not None
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 1


async def test_the_other_methods_answer_as_the_chain_is() -> None:
    async with bench(Faults(history_slots=3), Faults()) as on:
        first = on.net.tip
        await on.produce(5)
        assert await on.rpc.genesis_hash() == on.net.genesis_hash
        assert await on.rpc.slot() == on.net.tip
        assert await on.rpc.first_available_block() == first
        assert await on.rpc.blocks(on.net.tip - 1, on.net.tip) == on.net.chain.slots(on.net.tip - 1, on.net.tip)
        known = on.signatures(on.net.tip)[:30]
        statuses = await on.rpc.signature_statuses([*known, nowhere(5)])
        assert [status.slot if status else None for status in statuses] == [on.net.tip] * len(known) + [None]
