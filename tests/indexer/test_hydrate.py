"""From a slot to its checked block, against localnet nodes that hide, lag, refuse and lie."""

import asyncio

import pytest
from pydantic import SecretStr

from indexer.config import Settings
from indexer.errors import PeerError, TransientError
from indexer.hydrate import Hydrator
from indexer.localnet.faults import Faults
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from indexer.rpc_errors import BlockUnavailable, HistoryGone, UnsupportedVersion
from tests.indexer.hydrating import REGISTRY, bench, nowhere
from tests.indexer.raw_peer import raw_peer, refusal


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


async def test_a_node_that_lags_hides_neither_the_tip_nor_the_list() -> None:
    async with bench(Faults(stale_slots=3), Faults()) as on:
        on.net.produce(5)
        assert await on.rpc.slot() == on.net.tip
        assert on.net.tip in await on.rpc.blocks(on.net.tip - 4, on.net.tip)


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
